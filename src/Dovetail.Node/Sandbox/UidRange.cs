using System.Globalization;

namespace Dovetail.Node.Sandbox;

/// <summary>
/// The host uids of one platform's sandboxes: 1024 in a row, by the instance id, above what distributions hand out and below 2^31.
/// Each running sandbox has one of its own, so that neither files nor signals, keyrings and rlimits are shared between guests.
/// </summary>
public static class UidRange
{
    public const int Size = 1023;
    private const int First = 300_000_000;
    private const int Ranges = 1_500_000;

    public static int Base(string instanceId) =>
        First + int.Parse(instanceId, NumberStyles.HexNumber, CultureInfo.InvariantCulture) % Ranges * 1024;

    /// <summary>The one after the sandboxes' own, for the throw-away run that makes the capability cache.</summary>
    public static int Spare(string instanceId) => Base(instanceId) + Size;

    /// <summary>The lowest uid that is not <paramref name="taken"/>, or null when all are.</summary>
    public static int? Free(string instanceId, IReadOnlySet<int> taken)
    {
        var first = Base(instanceId);
        for (var uid = first; uid < first + Size; uid++)
        {
            if (!taken.Contains(uid)) return uid;
        }

        return null;
    }
}

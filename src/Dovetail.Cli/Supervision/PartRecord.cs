using System.Text.Json;
using Dovetail.Cli.Platform;
using Dovetail.Node.Host;

namespace Dovetail.Cli.Supervision;

/// <summary>One process of the platform as it was started; with start time and boot nobody mistakes another process for it.</summary>
public sealed record PartRecord(int Pid, long StartTicks, string BootId)
{
    internal ProcessId Id => new(Pid, StartTicks, BootId);

    /// <summary>The part's live process, or null.</summary>
    internal static ProcessId? FindAlive(DataDirectory data, string part) => Find(data, part) is { IsAlive: true } alive ? alive : null;

    /// <summary>The part's last process, alive or not; null when none is recorded.</summary>
    internal static ProcessId? Find(DataDirectory data, string part)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(data.Record(part)), PlatformJson.Default.PartRecord)?.Id;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null; // Never started, or started by nobody who lived to write it down.
        }
    }

    internal static void Write(DataDirectory data, string part, ProcessId id) =>
        AtomicFile.Write(data.Record(part), JsonSerializer.SerializeToUtf8Bytes(new PartRecord(id.Pid, id.StartTicks, id.BootId), PlatformJson.Default.PartRecord));
}

using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtController;

/// <summary>Conditions as data: every call returns a new list and leaves the old one alone, because objects from caches are shared.</summary>
public static class ConditionSets
{
    public static T? Get<T>(this IEnumerable<T>? conditions, string type)
        where T : class, ICondition => conditions?.FirstOrDefault(c => c.Type == type);

    public static bool IsTrue<T>(this IEnumerable<T>? conditions, string type)
        where T : class, ICondition => conditions.Get(type)?.Status == ConditionStatuses.True;

    /// <summary>False with this reason.</summary>
    public static bool IsFalse<T>(this IEnumerable<T>? conditions, string type, string reason)
        where T : class, ICondition => conditions.Get(type) is { Status: ConditionStatuses.False } condition && condition.Reason == reason;

    /// <summary>Puts the condition in its place. Its transition time stays the old one while its status does.</summary>
    public static List<T> With<T>(this IEnumerable<T>? conditions, T wanted, DateTime now)
        where T : class, ICondition
    {
        var list = conditions?.ToList() ?? [];
        var index = list.FindIndex(c => c.Type == wanted.Type);
        if (index < 0)
        {
            wanted.LastTransitionTime ??= now;
            list.Add(wanted);
            return list;
        }

        var old = list[index];
        if ((old.Status, old.Reason, old.Message) == (wanted.Status, wanted.Reason, wanted.Message)) return list;
        wanted.LastTransitionTime = old.Status == wanted.Status ? old.LastTransitionTime : wanted.LastTransitionTime ?? now;
        list[index] = wanted;
        return list;
    }

    public static List<T> Without<T>(this IEnumerable<T>? conditions, string type)
        where T : class, ICondition => conditions?.Where(c => c.Type != type).ToList() ?? [];
}

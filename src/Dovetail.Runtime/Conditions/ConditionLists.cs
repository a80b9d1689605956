using k8s.Models;

namespace Dovetail.Runtime.Conditions;

/// <summary>Conditions of pods and nodes: setting one keeps <c>lastTransitionTime</c> while its status stays, and tells whether anything changed.</summary>
public static class ConditionLists
{
    /// <returns>The list with the condition in its place, or the same list when nothing changes.</returns>
    public static IList<V1PodCondition> With(this IList<V1PodCondition>? conditions, V1PodCondition wanted, DateTime now)
    {
        conditions ??= [];
        var index = IndexOf(conditions, c => c.Type, wanted.Type);
        var old = index < 0 ? null : conditions[index];
        if (old is not null && (old.Status, old.Reason, old.Message, old.ObservedGeneration) == (wanted.Status, wanted.Reason, wanted.Message, wanted.ObservedGeneration)) return conditions;
        return Put(conditions, index, wanted with { LastTransitionTime = old?.Status == wanted.Status ? old.LastTransitionTime : now });
    }

    /// <inheritdoc cref="With(IList{V1PodCondition}?, V1PodCondition, DateTime)"/>
    public static IList<V1NodeCondition> With(this IList<V1NodeCondition>? conditions, V1NodeCondition wanted, DateTime now)
    {
        conditions ??= [];
        var index = IndexOf(conditions, c => c.Type, wanted.Type);
        var old = index < 0 ? null : conditions[index];
        if (old is not null && (old.Status, old.Reason, old.Message) == (wanted.Status, wanted.Reason, wanted.Message)) return conditions;
        return Put(conditions, index, wanted with { LastTransitionTime = old?.Status == wanted.Status ? old.LastTransitionTime : now });
    }

    /// <inheritdoc cref="With(IList{V1PodCondition}?, V1PodCondition, DateTime)"/>
    public static IList<V1DeploymentCondition> With(this IList<V1DeploymentCondition>? conditions, V1DeploymentCondition wanted, DateTime now)
    {
        conditions ??= [];
        var index = IndexOf(conditions, c => c.Type, wanted.Type);
        var old = index < 0 ? null : conditions[index];
        if (old is not null && (old.Status, old.Reason, old.Message) == (wanted.Status, wanted.Reason, wanted.Message)) return conditions;
        return Put(conditions, index, wanted with { LastUpdateTime = now, LastTransitionTime = old?.Status == wanted.Status ? old.LastTransitionTime : now });
    }

    /// <summary>"True", "False", "Unknown", or null when the condition is not there.</summary>
    public static string? StatusOf(this IEnumerable<V1NodeCondition>? conditions, string type) => conditions?.FirstOrDefault(c => c.Type == type)?.Status;

    /// <inheritdoc cref="StatusOf(IEnumerable{V1NodeCondition}?, string)"/>
    public static string? StatusOf(this IEnumerable<V1PodCondition>? conditions, string type) => conditions?.FirstOrDefault(c => c.Type == type)?.Status;

    private static int IndexOf<T>(IList<T> conditions, Func<T, string> typeOf, string type)
    {
        for (var i = 0; i < conditions.Count; i++)
            if (typeOf(conditions[i]) == type)
                return i;
        return -1;
    }

    private static List<T> Put<T>(IList<T> conditions, int index, T condition)
    {
        var changed = conditions.ToList();
        if (index < 0) changed.Add(condition);
        else changed[index] = condition;
        return changed;
    }
}

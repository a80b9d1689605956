using System.Collections.Immutable;
using k8s.Models;

namespace Dovetail.Workloads.Namespaces;

/// <summary>What a terminating namespace still holds of one kind, and the finalizers on it (one entry for each object and finalizer).</summary>
public sealed record RemainingKind(string Plural, string Group, int Count, ImmutableArray<string> Finalizers);

/// <summary>What one look at a terminating namespace found.</summary>
public sealed record NamespaceContent
{
    /// <summary>Kinds that are not empty; nothing else is deleted while pods are among them.</summary>
    public required ImmutableArray<RemainingKind> Remaining { get; init; }

    /// <summary>Kinds that could not be deleted, each with the reason.</summary>
    public required ImmutableArray<string> Failures { get; init; }

    /// <summary>Whether only pods were looked at, because some are left.</summary>
    public bool WaitsForPods { get; init; }
}

/// <summary>The conditions of a terminating namespace, in upstream's words and order: each is there, False when all is well.</summary>
public static class NamespaceConditions
{
    /// <summary>What they are after a look. While pods are waited for the totals are not counted, as upstream does not.</summary>
    public static ImmutableArray<V1NamespaceCondition> Of(NamespaceContent content)
    {
        ImmutableArray<RemainingKind> told = content.WaitsForPods ? [] : content.Remaining;
        return
        [
            Fine("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
            Fine("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
            content.Failures.IsEmpty
                ? Fine("NamespaceDeletionContentFailure", "ContentDeleted", "All content successfully deleted, may be waiting on finalization")
                : Holds("NamespaceDeletionContentFailure", "ContentDeletionFailed", $"Failed to delete all resource types, {content.Failures.Length} remaining: {Sorted(content.Failures)}"),
            told.IsEmpty
                ? Fine("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed")
                : Holds("NamespaceContentRemaining", "SomeResourcesRemain", $"Some resources are remaining: {Sorted(told.Select(kind => $"{kind.Plural}.{kind.Group} has {kind.Count} resource instances"))}"),
            told.All(kind => kind.Finalizers.IsEmpty)
                ? Fine("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished")
                : Holds("NamespaceFinalizersRemaining", "SomeFinalizersRemain", $"Some content in the namespace has finalizers remaining: {Finalizers(told)}"),
        ];
    }

    /// <summary>The namespace's conditions with <paramref name="wanted"/> in them, others kept; null when nothing changes.</summary>
    public static IList<V1NamespaceCondition>? Merge(IList<V1NamespaceCondition> present, ImmutableArray<V1NamespaceCondition> wanted, DateTime now)
    {
        List<V1NamespaceCondition> merged = [.. present];
        var changed = false;
        foreach (var condition in wanted)
        {
            var at = merged.FindIndex(old => old.Type == condition.Type);
            if (at < 0) merged.Add(condition with { LastTransitionTime = now });
            else if ((merged[at].Status, merged[at].Reason, merged[at].Message) == (condition.Status, condition.Reason, condition.Message)) continue;
            else merged[at] = condition with { LastTransitionTime = merged[at].Status == condition.Status ? merged[at].LastTransitionTime : now };
            changed = true;
        }

        return changed ? merged : null;
    }

    private static string Finalizers(IEnumerable<RemainingKind> kinds) =>
        Sorted(kinds.SelectMany(kind => kind.Finalizers).GroupBy(name => name, StringComparer.Ordinal).Select(same => $"{same.Key} in {same.Count()} resource instances"));

    private static string Sorted(IEnumerable<string> parts) => string.Join(", ", parts.Order(StringComparer.Ordinal));

    private static V1NamespaceCondition Fine(string type, string reason, string message) => new() { Type = type, Status = "False", Reason = reason, Message = message };

    private static V1NamespaceCondition Holds(string type, string reason, string message) => new() { Type = type, Status = "True", Reason = reason, Message = message };
}

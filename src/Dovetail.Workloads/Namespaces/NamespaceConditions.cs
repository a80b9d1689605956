using System.Collections.Immutable;
using k8s.Models;

namespace Dovetail.Workloads.Namespaces;

/// <summary>What a terminating namespace still holds of one kind, and the finalizers on it.</summary>
public sealed record RemainingKind(string Plural, string Group, int Count, ImmutableArray<string> Finalizers);

/// <summary>The conditions of a namespace that cannot go yet.</summary>
public static class NamespaceConditions
{
    public static IReadOnlyList<V1NamespaceCondition> Of(IReadOnlyList<RemainingKind> remaining)
    {
        var content = string.Join(", ", remaining.Select(kind => $"{kind.Plural}.{kind.Group} has {kind.Count} resource instances").Order(StringComparer.Ordinal));
        var finalizers = remaining.SelectMany(kind => kind.Finalizers).GroupBy(name => name, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        return
        [
            new V1NamespaceCondition
            {
                Type = "NamespaceContentRemaining",
                Status = "True",
                Reason = "SomeResourcesRemain",
                Message = $"Some resources are remaining: {content}",
            },
            new V1NamespaceCondition
            {
                Type = "NamespaceFinalizersRemaining",
                Status = finalizers.Count > 0 ? "True" : "False",
                Reason = finalizers.Count > 0 ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
                Message = finalizers.Count > 0
                    ? $"Some content in the namespace has finalizers remaining: {string.Join(", ", finalizers.Select(group => $"{group.Key} in {group.Count()} resource instances"))}"
                    : "All content-preserving finalizers finished",
            },
        ];
    }
}

using System.Globalization;
using k8s.Models;

namespace Dovetail.Workloads.Scheduling;

/// <summary>Whether a node has the labels that a pod asks for: <c>nodeSelector</c> and required node affinity.</summary>
internal static class NodeAffinity
{
    public static bool Matches(V1PodSpec spec, V1Node node)
    {
        var labels = node.Metadata.Labels ?? new Dictionary<string, string>();
        foreach (var (key, value) in spec.NodeSelector ?? new Dictionary<string, string>())
            if (!labels.TryGetValue(key, out var actual) || actual != value)
                return false;
        var required = spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        return required is null || required.NodeSelectorTerms.Any(term => Matches(term, node, labels));
    }

    /// <summary>All of a term's requirements must hold; a term without any matches nothing.</summary>
    private static bool Matches(V1NodeSelectorTerm term, V1Node node, IDictionary<string, string> labels)
    {
        if (term.MatchExpressions is not { Count: > 0 } && term.MatchFields is not { Count: > 0 }) return false;
        return (term.MatchExpressions ?? []).All(requirement => Holds(requirement, labels.TryGetValue(requirement.Key, out var value) ? value : null))
            && (term.MatchFields ?? []).All(requirement => Holds(requirement, requirement.Key == "metadata.name" ? node.Metadata.Name : null));
    }

    private static bool Holds(V1NodeSelectorRequirement requirement, string? value) => requirement.OperatorProperty switch
    {
        "In" => value is not null && requirement.Values.Contains(value),
        "NotIn" => value is null || !requirement.Values.Contains(value),
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Compare(value, requirement) > 0,
        "Lt" => Compare(value, requirement) < 0,
        _ => false, // validation lets no other operator in; a term that is not understood must not match
    };

    private static int? Compare(string? value, V1NodeSelectorRequirement requirement) =>
        long.TryParse(value, CultureInfo.InvariantCulture, out var actual)
        && requirement.Values is [var only]
        && long.TryParse(only, CultureInfo.InvariantCulture, out var bound)
            ? actual.CompareTo(bound)
            : null;
}

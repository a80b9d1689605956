using Dovetail.Machinery.BuiltIn.Validation;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>Labels of nodes that have had other names for long, wherever nodes are chosen by them (<c>pkg/api/node/util.go</c>).</summary>
internal static class NodeWarnings
{
    private static readonly Dictionary<string, string> Deprecated = new(StringComparer.Ordinal)
    {
        ["beta.kubernetes.io/arch"] = "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        ["beta.kubernetes.io/os"] = "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        ["failure-domain.beta.kubernetes.io/region"] = "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        ["failure-domain.beta.kubernetes.io/zone"] = "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        ["beta.kubernetes.io/instance-type"] = "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
        ["app.kubernetes.io/created-by"] = "deprecated since v1.9",
        ["scheduler.alpha.kubernetes.io/preferAvoidPods"] = "deprecated since v1.22; use Taints and Tolerations instead",
        ["node-role.kubernetes.io/master"] = "use \"node-role.kubernetes.io/control-plane\" instead",
    };

    /// <summary>What to use instead of a label; null for one that is current.</summary>
    public static string? OfLabel(string key) => Deprecated.GetValueOrDefault(key);

    public static void Node(FieldScope node, ICollection<string> warnings)
    {
        var spec = node.Part("spec");
        if (spec.Has("configSource"))
            warnings.Add("spec.configSource: the feature is removed");
        if (spec.Text("externalID").Length > 0)
            warnings.Add("spec.externalID: this field is deprecated, and is unused by Kubernetes");
        ServiceWarnings.Cidrs(spec, "podCIDRs", warnings);
    }

    public static void RuntimeClass(FieldScope runtime, ICollection<string> warnings)
    {
        foreach (var (key, _) in runtime.Part("scheduling").Part("nodeSelector").Object)
        {
            if (OfLabel(key) is { } instead)
                warnings.Add($"scheduling.nodeSelector: {instead}");
        }
    }

    public static void ResourceSlice(FieldScope slice, ICollection<string> warnings)
    {
        if (slice.Part("spec").Text("driver") is var driver && driver.Any(char.IsAsciiLetterUpper))
            warnings.Add($"spec.driver: driver names should be lowercase; \"{driver}\" contains uppercase characters");
    }

    /// <param name="term">A term of a node selector.</param>
    /// <param name="values">Whether values that are none of a label are told: where they are preferred they are no error.</param>
    /// <param name="warnings">Where warnings go.</param>
    public static void Term(FieldScope term, bool values, ICollection<string> warnings)
    {
        foreach (var expression in term.Each("matchExpressions"))
        {
            if (OfLabel(expression.Text("key")) is { } instead)
                warnings.Add($"{expression.At("key")}: {expression.Text("key")} is {instead}");
            foreach (var (value, path) in values ? expression.Texts("values") : [])
            {
                if (Names.LabelValue(value) is { } wrong)
                    warnings.Add($"{path}: {value} is invalid, {wrong}");
            }
        }
    }
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>node.k8s.io (<c>pkg/apis/node/validation</c>).</summary>
internal static class RuntimeClassRules
{
    public static void Check(FieldScope runtime, JsonObject? old)
    {
        if (old is not null)
        {
            runtime.Unchanged("handler", old["handler"]);
            return;
        }
        runtime.RequiredName("handler", Names.DnsLabel);
        if (runtime.Child("overhead")?.Child("podFixed") is { } overhead)
            ResourceRules.CheckLimits(new(overhead.Object, "overhead.limits", runtime.Causes)); // upstream's word for it
        if (runtime.Child("scheduling") is not { } scheduling)
            return;
        scheduling.Labels("nodeSelector");
        TaintRules.CheckTolerations(scheduling);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var toleration in scheduling.Each("tolerations"))
        {
            if (!seen.Add(string.Join('\n', toleration.Text("key"), toleration.Text("operator"), toleration.Text("value"), toleration.Text("effect"))))
                toleration.Duplicate("", GoStructs.Toleration(toleration.Object));
        }
    }
}

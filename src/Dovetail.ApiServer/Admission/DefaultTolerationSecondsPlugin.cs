using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;

namespace Dovetail.ApiServer.Admission;

/// <summary>A pod that says nothing else stays five minutes on a node that is not ready or cannot be reached.</summary>
internal sealed class DefaultTolerationSecondsPlugin() : BuiltInPlugin("", "pods", AdmissionOperation.Create, AdmissionOperation.Update)
{
    private const long Seconds = 300;

    private static readonly string[] Taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        var spec = Spec(obj);
        var present = spec["tolerations"] as JsonArray ?? [];
        var missing = Taints.Where(taint => !present.OfType<JsonObject>().Any(toleration => Covers(toleration, taint))).ToArray();
        if (missing.Length == 0) return null;
        foreach (var taint in missing)
            present.Add((JsonNode)new JsonObject { ["key"] = taint, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = ObjectMeta.Long(Seconds) });
        spec["tolerations"] = present;
        return null;
    }

    private static bool Covers(JsonObject toleration, string taint) =>
        (toleration.Text("key").Length == 0 || toleration.Text("key") == taint) && (toleration.Text("effect") is "" or "NoExecute");
}

using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;

namespace Dovetail.ApiServer.Admission;

/// <summary>A new node is not ready until its conditions say so: nothing is scheduled on it before the node lifecycle controller has seen them.</summary>
internal sealed class TaintNodesByConditionPlugin() : BuiltInPlugin("", "nodes", AdmissionOperation.Create)
{
    private const string Key = "node.kubernetes.io/not-ready";
    private const string Effect = "NoSchedule";

    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        var spec = Spec(obj);
        if (spec["taints"] is not JsonArray taints) spec["taints"] = taints = [];
        if (!taints.OfType<JsonObject>().Any(taint => taint.Text("key") == Key && taint.Text("effect") == Effect)) taints.Add((JsonNode)new JsonObject { ["key"] = Key, ["effect"] = Effect });
        return null;
    }
}

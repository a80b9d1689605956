using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Crds;

/// <summary>Conditions in the status of a CRD.</summary>
internal static class CrdConditions
{
    public const string Established = "Established";
    public const string NamesAccepted = "NamesAccepted";
    public const string Approved = "KubernetesAPIApprovalPolicyConformant";
    public const string Terminating = "Terminating";

    public static bool IsTrue(JsonObject crd, string type) => Find(crd, type)?.Text("status") == "True";

    /// <summary>Sets a condition; its transition time moves only when its status does.</summary>
    public static void Set(JsonObject crd, string type, bool status, string reason, string message, DateTimeOffset now)
    {
        var body = crd.Child("status") ?? [];
        crd["status"] = body;
        var conditions = body["conditions"] as JsonArray ?? [];
        body["conditions"] = conditions;
        var text = status ? "True" : "False";
        var condition = Find(crd, type);
        if (condition is null) conditions.Add((JsonNode)(condition = new JsonObject { ["type"] = type }));
        if (condition.Text("status") != text) condition["lastTransitionTime"] = ObjectMeta.Timestamp(now);
        condition["status"] = text;
        condition["reason"] = reason;
        condition["message"] = message;
    }

    private static JsonObject? Find(JsonObject crd, string type) =>
        (crd.Child("status")?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type);
}

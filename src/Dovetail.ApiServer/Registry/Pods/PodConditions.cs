using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Pods;

/// <summary><c>status.conditions</c> of pods.</summary>
internal static class PodConditions
{
    public static JsonObject? Find(JsonObject obj, string type) =>
        (obj.Child("status")?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == type);

    /// <summary>Sets a condition in its place, or as the last one; its transition time moves only when its status does.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="type">PodScheduled, DisruptionTarget.</param>
    /// <param name="status">True, False or Unknown.</param>
    /// <param name="now">When.</param>
    /// <param name="reason">"" for none.</param>
    /// <param name="message">"" for none.</param>
    public static void Set(JsonObject pod, string type, string status, DateTimeOffset now, string reason = "", string message = "")
    {
        var body = pod.Child("status") ?? [];
        pod["status"] = body;
        var conditions = body["conditions"] as JsonArray ?? [];
        body["conditions"] = conditions;
        var present = Find(pod, type);
        var since = present is not null && present.Text("status") == status ? present["lastTransitionTime"]?.DeepClone() : null;
        var condition = new JsonObject { ["type"] = type, ["status"] = status, ["lastProbeTime"] = null, ["lastTransitionTime"] = since ?? ObjectMeta.Timestamp(now) };
        if (reason.Length > 0) condition["reason"] = reason;
        if (message.Length > 0) condition["message"] = message;
        if (present is null) conditions.Add((JsonNode)condition);
        else conditions[conditions.IndexOf(present)] = condition;
    }
}

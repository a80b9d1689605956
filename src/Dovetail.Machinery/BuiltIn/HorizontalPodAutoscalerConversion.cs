using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>autoscaling/v2, as it is stored, and autoscaling/v1: what v1 has no field for is kept in annotations as JSON (<c>pkg/apis/autoscaling/v1/conversion.go</c>).</summary>
internal static class HorizontalPodAutoscalerConversion
{
    /// <summary>Percent of what a pod asks for, when no metric is given.</summary>
    public const int DefaultCpuUtilization = 80;

    private const string Prefix = "autoscaling.alpha.kubernetes.io/";
    private const string Metrics = Prefix + "metrics";
    private const string CurrentMetrics = Prefix + "current-metrics";
    private const string Conditions = Prefix + "conditions";
    private const string Behavior = Prefix + "behavior";

    /// <summary>A metric of v2: the processor's utilization in percent.</summary>
    public static JsonObject CpuUtilization(long percent) => new()
    {
        ["type"] = "Resource",
        ["resource"] = new JsonObject { ["name"] = "cpu", ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percent } },
    };

    public static void ToV1(JsonObject obj)
    {
        var annotations = Annotations(obj);
        foreach (var name in (ReadOnlySpan<string>)[Metrics, CurrentMetrics, Conditions, Behavior])
            annotations.Remove(name);
        if (obj.Child("spec") is { } spec)
            SpecToV1(spec, annotations);
        if (obj.Child("status") is { } status)
            StatusToV1(status, annotations);
        Keep(obj, annotations);
    }

    public static void FromV1(JsonObject obj)
    {
        var annotations = Annotations(obj);
        SpecFromV1(obj.Made("spec"), annotations);
        StatusFromV1(obj.Made("status"), annotations);
        foreach (var name in (ReadOnlySpan<string>)[Metrics, CurrentMetrics, Conditions, Behavior])
            annotations.Remove(name);
        Keep(obj, annotations);
    }

    private static void SpecToV1(JsonObject spec, JsonObject annotations)
    {
        var others = new JsonArray();
        foreach (var metric in spec.Objects("metrics"))
        {
            if (CpuPercent(metric.Child("resource"), "target") is not { } percent)
                others.Add((JsonNode)MetricsV1.SpecOf(metric));
            else if (spec["targetCPUUtilizationPercentage"] is null)
                spec["targetCPUUtilizationPercentage"] = percent;
        }
        if (others.Count > 0)
            annotations[Metrics] = others.ToJsonString();
        if (spec.Child("behavior") is { } behavior)
            annotations[Behavior] = Capitalized(behavior).ToJsonString();
        spec.Remove("metrics");
        spec.Remove("behavior");
    }

    private static void StatusToV1(JsonObject status, JsonObject annotations)
    {
        var current = new JsonArray();
        foreach (var metric in status.Objects("currentMetrics"))
        {
            current.Add((JsonNode)MetricsV1.StatusOf(metric));
            if (CpuPercent(metric.Child("resource"), "current") is { } percent)
                status["currentCPUUtilizationPercentage"] = percent;
        }
        if (current.Count > 0)
            annotations[CurrentMetrics] = current.ToJsonString();
        if (status["conditions"] is JsonArray { Count: > 0 } conditions)
            annotations[Conditions] = conditions.ToJsonString();
        status.Remove("currentMetrics");
        status.Remove("conditions");
        status.Default("currentReplicas", 0);
        status.Default("desiredReplicas", 0);
    }

    private static void SpecFromV1(JsonObject spec, JsonObject annotations)
    {
        var metrics = new JsonArray();
        if (Parsed(annotations, Metrics) is JsonArray others)
        {
            foreach (var other in others.OfType<JsonObject>())
                metrics.Add((JsonNode)MetricsV1.FromSpec(other));
        }
        if (spec["targetCPUUtilizationPercentage"] is JsonValue percent)
            metrics.Add((JsonNode)CpuUtilization((long)JsonNumber.Of(percent).Value));
        else if (metrics.Count == 0)
            metrics.Add((JsonNode)CpuUtilization(DefaultCpuUtilization));
        spec.Remove("targetCPUUtilizationPercentage");
        spec["metrics"] = metrics;
        if (Parsed(annotations, Behavior) is JsonObject { Count: > 0 } behavior)
            spec["behavior"] = Lowered(behavior);
    }

    private static void StatusFromV1(JsonObject status, JsonObject annotations)
    {
        JsonArray? current = null;
        if (Parsed(annotations, CurrentMetrics) is JsonArray kept)
            current = new JsonArray([.. kept.OfType<JsonObject>().Select(MetricsV1.FromStatus)]);
        else if (status["currentCPUUtilizationPercentage"] is JsonValue percent)
        {
            current = new JsonArray(new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject { ["name"] = "cpu", ["current"] = new JsonObject { ["averageUtilization"] = percent.DeepClone() } },
            });
        }
        status.Remove("currentCPUUtilizationPercentage");
        status["currentMetrics"] = current;
        if (Parsed(annotations, Conditions) is JsonArray { Count: > 0 } conditions)
            status["conditions"] = conditions;
        if (status.IsZero("currentReplicas"))
            status.Remove("currentReplicas");
        status.Default("desiredReplicas", 0);
    }

    private static long? CpuPercent(JsonObject? resource, string part) =>
        resource?.Text("name") == "cpu" && resource.Child(part)?["averageUtilization"] is JsonValue percent ? (long)JsonNumber.Of(percent).Value : null;

    private static JsonNode? Parsed(JsonObject annotations, string name)
    {
        try
        {
            return annotations.Text(name) is { Length: > 0 } text ? JsonNode.Parse(text) : null;
        }
        catch (JsonException)
        {
            // As upstream: what cannot be read says nothing.
            return null;
        }
    }

    /// <summary>Upstream writes the internal type there, whose fields have no JSON names: ScaleUp, StabilizationWindowSeconds.</summary>
    private static JsonNode Capitalized(JsonNode node) => Renamed(node, static name => char.ToUpperInvariant(name[0]) + name[1..]);

    private static JsonNode Lowered(JsonNode node) => Renamed(node, static name => char.ToLowerInvariant(name[0]) + name[1..]);

    private static JsonNode Renamed(JsonNode node, Func<string, string> rename)
    {
        switch (node)
        {
            case JsonArray array:
                return new JsonArray([.. array.Where(static e => e is not null).Select(e => Renamed(e!, rename))]);
            case JsonObject obj:
                var renamed = new JsonObject();
                foreach (var (name, value) in obj)
                {
                    if (name.Length > 0 && value is not null)
                        renamed[rename(name)] = Renamed(value, rename);
                }
                return renamed;
            default:
                return node.DeepClone();
        }
    }

    private static JsonObject Annotations(JsonObject obj) => obj.Child("metadata")?.Child("annotations")?.DeepClone() as JsonObject ?? [];

    private static void Keep(JsonObject obj, JsonObject annotations)
    {
        var metadata = obj.Made("metadata");
        if (annotations.Count > 0)
            metadata["annotations"] = annotations;
        else
            metadata.Remove("annotations");
    }
}

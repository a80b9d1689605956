using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Metrics of an autoscaler in the flat form of autoscaling/v1 (<c>targetAverageValue</c>), which only annotations show, and in that of v2 (<c>target: {type, averageValue}</c>).</summary>
internal static class MetricsV1
{
    public static JsonObject SpecOf(JsonObject metric) => Flat(metric, "target", "target");

    public static JsonObject StatusOf(JsonObject metric) => Flat(metric, "current", "current");

    public static JsonObject FromSpec(JsonObject metric) => Nested(metric, "target", withType: true);

    public static JsonObject FromStatus(JsonObject metric) => Nested(metric, "current", withType: false);

    private static JsonObject Flat(JsonObject metric, string part, string prefix)
    {
        var flat = new JsonObject { ["type"] = metric.Text("type") };
        foreach (var source in Sources)
        {
            if (metric.Child(source) is not { } from)
                continue;
            var to = new JsonObject();
            var amounts = from.Child(part) ?? [];
            switch (source)
            {
                case "resource" or "containerResource":
                    Copy(from, "name", to, "name");
                    Copy(amounts, "averageUtilization", to, $"{prefix}AverageUtilization");
                    Copy(amounts, "averageValue", to, $"{prefix}AverageValue");
                    Copy(from, "container", to, "container");
                    break;
                case "object":
                    to["target"] = from.Child("describedObject")?.DeepClone() ?? new JsonObject();
                    Identify(from, to, "selector");
                    to[$"{prefix}Value"] = amounts["value"]?.DeepClone() ?? "0";
                    Copy(amounts, "averageValue", to, "averageValue");
                    break;
                case "pods":
                    Identify(from, to, "selector");
                    to[$"{prefix}AverageValue"] = amounts["averageValue"]?.DeepClone() ?? "0";
                    break;
                default:
                    Identify(from, to, "metricSelector");
                    Copy(amounts, "value", to, $"{prefix}Value");
                    Copy(amounts, "averageValue", to, $"{prefix}AverageValue");
                    break;
            }
            flat[source] = to;
        }
        return flat;
    }

    private static JsonObject Nested(JsonObject metric, string part, bool withType)
    {
        var nested = new JsonObject { ["type"] = metric.Text("type") };
        foreach (var source in Sources)
        {
            if (metric.Child(source) is not { } from)
                continue;
            var to = new JsonObject();
            var amounts = new JsonObject();
            switch (source)
            {
                case "resource" or "containerResource":
                    Copy(from, "name", to, "name");
                    Copy(from, "container", to, "container");
                    Copy(from, $"{part}AverageUtilization", amounts, "averageUtilization");
                    Copy(from, $"{part}AverageValue", amounts, "averageValue");
                    break;
                case "object":
                    to["describedObject"] = from.Child("target")?.DeepClone() ?? new JsonObject();
                    to["metric"] = Identity(from, "selector");
                    Copy(from, "averageValue", amounts, "averageValue");
                    if (from["averageValue"] is null || from.Text($"{part}Value") is not ("" or "0"))
                        Copy(from, $"{part}Value", amounts, "value");
                    break;
                case "pods":
                    to["metric"] = Identity(from, "selector");
                    Copy(from, $"{part}AverageValue", amounts, "averageValue");
                    break;
                default:
                    to["metric"] = Identity(from, "metricSelector");
                    Copy(from, $"{part}Value", amounts, "value");
                    Copy(from, $"{part}AverageValue", amounts, "averageValue");
                    break;
            }
            if (withType)
                amounts["type"] = TypeOf(source, amounts);
            to[part] = amounts;
            nested[source] = to;
        }
        return nested;
    }

    private static string[] Sources { get; } = ["object", "pods", "resource", "containerResource", "external"];

    private static string TypeOf(string source, JsonObject amounts) => source switch
    {
        "resource" or "containerResource" => amounts["averageUtilization"] is null ? "AverageValue" : "Utilization",
        "object" => amounts["averageValue"] is null ? "Value" : "AverageValue",
        "external" => amounts["value"] is null ? "AverageValue" : "Value",
        _ => "AverageValue",
    };

    private static void Identify(JsonObject from, JsonObject to, string selector)
    {
        to["metricName"] = from.Child("metric")?.Text("name") ?? "";
        if (from.Child("metric")?["selector"] is { } labels)
            to[selector] = labels.DeepClone();
    }

    private static JsonObject Identity(JsonObject from, string selector)
    {
        var metric = new JsonObject { ["name"] = from.Text("metricName") };
        Copy(from, selector, metric, "selector");
        return metric;
    }

    private static void Copy(JsonObject from, string field, JsonObject to, string name)
    {
        if (from[field] is { } value)
            to[name] = value.DeepClone();
    }
}

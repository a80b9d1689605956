using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>Defaults of HorizontalPodAutoscalers.</summary>
internal static class AutoscalerDefaults
{
    private const int PeriodSeconds = 15;

    public static void Apply(string version, JsonObject spec)
    {
        spec.Default("minReplicas", 1);
        // v1 gets its target when it is converted: only then are the metrics known that it keeps in annotations.
        if (version == "v1")
            return;
        if (spec["metrics"] is not JsonArray { Count: > 0 })
            spec["metrics"] = new JsonArray(HorizontalPodAutoscalerConversion.CpuUtilization(HorizontalPodAutoscalerConversion.DefaultCpuUtilization));
        if (spec.Child("behavior") is not { } behavior)
            return;
        Rules(behavior.Made("scaleUp"), window: 0, [("Pods", 4), ("Percent", 100)]);
        Rules(behavior.Made("scaleDown"), window: null, [("Percent", 100)]);
    }

    private static void Rules(JsonObject rules, int? window, (string Type, int Value)[] policies)
    {
        if (window is { } seconds)
            rules.Default("stabilizationWindowSeconds", seconds);
        rules.Default("selectPolicy", "Max");
        if (rules["policies"] is JsonArray)
            return;
        var made = new JsonArray();
        foreach (var (type, value) in policies)
            made.Add((JsonNode)new JsonObject { ["type"] = type, ["value"] = (long)value, ["periodSeconds"] = (long)PeriodSeconds });
        rules["policies"] = made;
    }
}

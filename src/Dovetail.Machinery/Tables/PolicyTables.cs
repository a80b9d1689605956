using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>Kinds by which use is bounded and scaled: disruption budgets, quotas, priority classes, autoscalers.</summary>
internal static class PolicyTables
{
    private const int ShownMetrics = 2;

    public static TableDefinition PodDisruptionBudgets { get; } = BuiltInTables.Simple(
        [
            new("Min Available", Description: "Pods that must stay available."), new("Max Unavailable", Description: "Pods that may be unavailable."),
            new("Allowed Disruptions", "integer", Description: "Pods that may be evicted now."),
        ],
        static (row, cells) => cells.Text(IntOrString(row.Object, "minAvailable")).Text(IntOrString(row.Object, "maxUnavailable")).Number(row.Object.Number("status", "disruptionsAllowed")));

    public static TableDefinition ResourceQuotas { get; } = BuiltInTables.Simple(
        [new("Request", Description: "Used and allowed amounts of requests."), new("Limit", Description: "Used and allowed amounts of limits.")],
        static (row, cells) =>
        {
            List<string> requests = [], limits = [];
            var hard = row.Object.At("status", "hard");
            var names = new List<string>();
            foreach (var entry in hard.Entries()) names.Add(entry.Name);
            names.Sort(StringComparer.Ordinal);
            foreach (var name in names)
                (name.StartsWith("limits.", StringComparison.Ordinal) ? limits : requests).Add($"{name}: {Cells.Quantity(row.Object, "status", "used", name)}/{Cells.Quantity(hard, name)}");
            cells.Text(string.Join(", ", requests)).Text(string.Join(", ", limits));
        });

    public static TableDefinition PriorityClasses { get; } = new(
        [
            TableColumn.ObjectName, new("Value", "integer", Description: "The priority of its pods."), new("Global-Default", "boolean", Description: "Whether pods without a class get this one."), TableColumn.Age,
            new("PreemptionPolicy", Description: "Whether its pods may take the place of others."),
        ],
        static (row, cells) => cells.Text(row.Name).Number(row.Object.Number("value")).Boolean(row.Object.Flag("globalDefault")).Text(row.Age).Text(row.Object.Text("preemptionPolicy")));

    public static TableDefinition HorizontalPodAutoscalers { get; } = BuiltInTables.Simple(
        [
            new("Reference", Description: "What is scaled."), new("Targets", Description: "What is measured, and what it should be."), new("MinPods", Description: "The fewest pods."),
            new("MaxPods", Description: "The most pods."), new("Replicas", Description: "Pods now."),
        ],
        static (row, cells) =>
        {
            var spec = row.Object.At("spec");
            cells.Text($"{spec.Text("scaleTargetRef", "kind")}/{spec.Text("scaleTargetRef", "name")}").Text(Metrics(row.Object))
                .Text(spec.Has("minReplicas") ? Cells.Number(spec.Number("minReplicas")) : Cells.Unset).Number(spec.Number("maxReplicas")).Number(row.Object.Number("status", "currentReplicas"));
        });

    private static string IntOrString(CompactValue budget, string field)
    {
        var value = budget.At("spec", field);
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => "N/A",
        };
    }

    private static string Metrics(CompactValue autoscaler)
    {
        // autoscaling/v1 knows the processor alone.
        if (autoscaler.Has("spec", "targetCPUUtilizationPercentage"))
        {
            var now = autoscaler.Has("status", "currentCPUUtilizationPercentage") ? $"{autoscaler.Number("status", "currentCPUUtilizationPercentage")}%" : "<unknown>";
            return $"cpu: {now}/{autoscaler.Number("spec", "targetCPUUtilizationPercentage")}%";
        }

        var texts = new List<string>();
        var states = autoscaler.At("status", "currentMetrics");
        var index = 0;
        foreach (var metric in autoscaler.Items("spec", "metrics"))
        {
            var state = states[index];
            texts.Add(Metric(metric, state));
            index++;
        }

        return Cells.Some(texts, ShownMetrics, Cells.None, ", ");
    }

    private static string Metric(CompactValue metric, CompactValue state) => metric.Text("type") switch
    {
        "External" => Amount(metric.At("external", "target"), state.At("external")),
        "Object" => Amount(metric.At("object", "target"), state.At("object")),
        "Pods" => $"{Measured(state.At("pods"), "averageValue", always: true)}/{Cells.Quantity(metric, "pods", "target", "averageValue")}",
        "Resource" => Share(metric.At("resource"), state.At("resource")),
        "ContainerResource" => Share(metric.At("containerResource"), state.At("containerResource")),
        _ => "<unknown type>",
    };

    private static string Amount(CompactValue target, CompactValue state) => target.Has("averageValue")
        ? $"{Measured(state, "averageValue", always: false)}/{Cells.Quantity(target, "averageValue")} (avg)"
        : $"{Measured(state, "value", always: true)}/{Cells.Quantity(target, "value")}";

    private static string Share(CompactValue metric, CompactValue state)
    {
        var target = metric.At("target");
        if (target.Has("averageValue")) return $"{metric.Text("name")}: {Measured(state, "averageValue", always: true)}/{Cells.Quantity(target, "averageValue")}";
        var now = state.Has("current", "averageUtilization") ? $"{state.Number("current", "averageUtilization")}%" : "<unknown>";
        var wanted = target.Has("averageUtilization") ? $"{target.Number("averageUtilization")}%" : "<auto>";
        return $"{metric.Text("name")}: {now}/{wanted}";
    }

    /// <param name="state">What was measured; undefined before the first time.</param>
    /// <param name="field">Of <c>current</c>.</param>
    /// <param name="always">Whether an absent field of a metric that was measured counts as 0.</param>
    private static string Measured(CompactValue state, string field, bool always) =>
        state.ValueKind == JsonValueKind.Object && (always || state.Has("current", field)) ? Cells.Quantity(state, "current", field) : "<unknown>";
}

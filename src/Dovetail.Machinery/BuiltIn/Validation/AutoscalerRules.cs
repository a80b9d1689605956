using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>HorizontalPodAutoscalers in the form of v2 (<c>pkg/apis/autoscaling/validation</c>).</summary>
internal static class AutoscalerRules
{
    private const int LongestWindowSeconds = 3600, LongestPeriodSeconds = 1800;

    private static readonly string[] Types = ["ContainerResource", "External", "Object", "Pods", "Resource"];

    /// <summary>In upstream's order.</summary>
    private static readonly string[] Sources = ["object", "external", "pods", "resource", "containerResource"];

    public static void Check(FieldScope autoscaler, JsonObject? old)
    {
        var spec = autoscaler.Part("spec");
        if (spec.Number("minReplicas") is { } least && least < 1)
            spec.Invalid("minReplicas", "must be greater than or equal to 1");
        var most = spec.Number("maxReplicas") ?? 0;
        if (most == 0)
            spec.Required("maxReplicas", "must be set and greater than 0");
        else if (most < 0)
            spec.Invalid("maxReplicas", "must be greater than or equal to 1");
        if (spec.Number("minReplicas") > most)
            spec.Invalid("maxReplicas", most, "must be greater than or equal to `minReplicas`");
        CheckReference(spec.Part("scaleTargetRef"), grouped: true);
        foreach (var metric in spec.Each("metrics"))
            CheckMetric(metric);
        if (spec.Number("minReplicas") == 0 && !spec.Each("metrics").Any(static m => m.Text("type") is "Object" or "External"))
            spec.Forbidden("metrics", "must specify at least one Object or External metric to support scaling to zero replicas");
        foreach (var direction in (ReadOnlySpan<string>)["scaleUp", "scaleDown"])
        {
            if (spec.Child("behavior")?.Child(direction) is { } rules)
                CheckBehavior(rules);
        }
    }

    /// <param name="reference">The reference.</param>
    /// <param name="grouped">Whether it must name a group: of the core group only replication controllers scale.</param>
    private static void CheckReference(FieldScope reference, bool grouped)
    {
        reference.RequiredName("kind", Names.PathSegment);
        reference.RequiredName("name", Names.PathSegment);
        if (reference.Text("apiVersion").AsSpan().Count('/') > 1)
            reference.Invalid("apiVersion", $"unexpected GroupVersion string: {reference.Text("apiVersion")}");
        else if (grouped && !reference.Text("apiVersion").Contains('/') && reference.Text("kind") != "ReplicationController")
            reference.Invalid("apiVersion", reference.Text("apiVersion"), "apiVersion must specify API group");
    }

    private static void CheckBehavior(FieldScope rules)
    {
        if (rules.Number("stabilizationWindowSeconds") < 0)
            rules.Invalid("stabilizationWindowSeconds", "must be greater than or equal to zero");
        if (rules.Number("stabilizationWindowSeconds") > LongestWindowSeconds)
            rules.Invalid("stabilizationWindowSeconds", $"must be less than or equal to {LongestWindowSeconds}");
        if (rules.Has("selectPolicy"))
            rules.OneOf("selectPolicy", "Disabled", "Max", "Min");
        if (rules.Count("policies") == 0)
            rules.Required("policies", "must specify at least one Policy");
        foreach (var policy in rules.Each("policies"))
        {
            policy.OneOf("type", "Percent", "Pods");
            foreach (var field in (ReadOnlySpan<string>)["value", "periodSeconds"])
            {
                if ((policy.Number(field) ?? 0) <= 0)
                    policy.Invalid(field, policy.Number(field) ?? 0, "must be greater than zero");
            }
            if (policy.Number("periodSeconds") > LongestPeriodSeconds)
                policy.Invalid("periodSeconds", $"must be less than or equal to {LongestPeriodSeconds}");
        }
        if (rules.Amount("tolerance") is { Sign: < 0 } tolerance)
            rules.Invalid("tolerance", tolerance.ToString(), FieldScope.NotNegativeText);
    }

    private static void CheckMetric(FieldScope metric)
    {
        var type = metric.Text("type");
        if (type.Length == 0)
            metric.Required("type", "must specify a metric source type");
        var known = Types.Contains(type);
        if (!known)
            metric.OneOf("type", Types);
        var present = Sources.Where(metric.Has).ToArray();
        if (present.Length > 0 && metric.Child(present[0]) is { } source)
            CheckSource(source, present[0]);
        var expected = known ? char.ToLowerInvariant(type[0]) + type[1..] : "";
        if (known && !metric.Has(expected))
            metric.Required(expected, "must populate information for the given metric source");
        if (present.Length == 1)
            return;
        foreach (var other in present.Where(p => p != expected))
            metric.Forbidden(other, "must populate the given metric source only");
    }

    private static void CheckSource(FieldScope source, string kind)
    {
        var target = source.Part("target");
        switch (kind)
        {
            case "resource" or "containerResource":
                if (source.Text("name").Length == 0)
                    source.Required("name", "must specify a resource name");
                else if (kind == "containerResource")
                    source.Name("name", ResourceRules.WrongContainerName);
                if (kind == "containerResource" && source.Text("container").Length == 0)
                    source.Required("container", "must specify a container name");
                CheckTarget(target);
                if (!target.Has("averageUtilization") && !target.Has("averageValue"))
                    target.Required("averageUtilization", "must set either a target raw value or a target utilization");
                if (target.Has("averageUtilization") && target.Has("averageValue"))
                    target.Forbidden("averageValue", "may not set both a target raw value and a target utilization");
                return;
            case "object":
                CheckReference(source.Part("describedObject"), grouped: false);
                break;
        }
        CheckIdentifier(source.Part("metric"));
        CheckTarget(target);
        if (kind == "pods" && !target.Has("averageValue"))
            target.Required("averageValue", "must specify a positive target averageValue");
        if (kind != "pods" && !target.Has("value") && !target.Has("averageValue"))
            target.Required("averageValue", kind == "object" ? "must set either a target value or averageValue" : "must set either a target value for metric or a per-pod target");
        if (kind == "external" && target.Has("value") && target.Has("averageValue"))
            target.Forbidden("value", "may not set both a target value for metric and a per-pod target");
    }

    private static void CheckIdentifier(FieldScope metric)
    {
        if (metric.Text("name").Length == 0)
            metric.Required("name", "must specify a metric name");
        else
            metric.Name("name", Names.PathSegment);
    }

    private static void CheckTarget(FieldScope target)
    {
        if (target.Text("type").Length == 0)
            target.Required("type", "must specify a metric target type");
        if (target.Text("type") is not ("Utilization" or "Value" or "AverageValue"))
            target.Invalid("type", target.Text("type"), "must be either Utilization, Value, or AverageValue");
        foreach (var field in (ReadOnlySpan<string>)["value", "averageValue"])
        {
            if (target.Amount(field) is { Sign: <= 0 } amount)
                target.Invalid(field, amount.ToString(), "must be positive");
        }
        if (target.Number("averageUtilization") < 1)
            target.Invalid("averageUtilization", "must be greater than 0");
    }
}

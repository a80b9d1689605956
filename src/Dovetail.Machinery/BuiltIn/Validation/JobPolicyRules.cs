using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>When a job counts as failed or as succeeded.</summary>
internal static class JobPolicyRules
{
    private const int MostRules = 20;

    public static void CheckFailure(FieldScope job, FieldScope policy)
    {
        if (policy.Count("rules") > MostRules)
            policy.Causes.Add(FieldErrors.TooMany(policy.At("rules"), policy.Count("rules"), MostRules));
        var pod = job.Object.Child("template")?.Child("spec") ?? [];
        var containers = pod.Objects("containers").Concat(pod.Objects("initContainers")).Select(static c => c.Text("name")).ToHashSet(StringComparer.Ordinal);
        foreach (var rule in policy.Each("rules"))
        {
            CheckAction(job, rule);
            if (rule.Child("onExitCodes") is { } codes)
                CheckExitCodes(codes, containers);
            foreach (var pattern in rule.Each("onPodConditions"))
            {
                pattern.Name("type", Names.QualifiedName);
                pattern.OneOf("status", "False", "True", "Unknown");
            }
            if (rule.Has("onExitCodes") && rule.Count("onPodConditions") > 0)
                rule.Causes.Add(new("FieldValueInvalid", "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported", rule.Path));
            if (!rule.Has("onExitCodes") && rule.Count("onPodConditions") == 0)
                rule.Causes.Add(new("FieldValueInvalid", "Invalid value: specifying one of OnExitCodes and OnPodConditions is required", rule.Path));
        }
    }

    public static void CheckSuccess(FieldScope job, FieldScope policy)
    {
        if (policy.Count("rules") == 0)
            policy.Required("rules", "at least one rules must be specified when the successPolicy is specified");
        if (policy.Count("rules") > MostRules)
            policy.Causes.Add(FieldErrors.TooMany(policy.At("rules"), policy.Count("rules"), MostRules));
        foreach (var rule in policy.Each("rules"))
        {
            if (!rule.Has("succeededCount") && !rule.Has("succeededIndexes"))
                rule.Causes.Add(FieldErrors.Required(rule.Path, "at least one of succeededCount or succeededIndexes must be specified"));
            rule.NotNegative("succeededCount");
            if (rule.Number("succeededCount") > job.Number("completions"))
                rule.Invalid("succeededCount", $"must be less than or equal to {job.Number("completions")} (the number of specified completions)");
        }
    }

    /// <summary>As upstream's messages print the struct.</summary>
    public static JsonObject Shown(FieldScope policy)
    {
        var rules = new JsonArray();
        foreach (var rule in policy.Each("rules"))
            rules.Add((JsonNode?)GoStructs.Pointers(rule.Object, "SucceededIndexes", "SucceededCount"));
        return new() { ["Rules"] = rules };
    }

    private static void CheckAction(FieldScope job, FieldScope rule)
    {
        if (rule.Text("action").Length == 0)
            rule.Required("action", "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
        else if (rule.Text("action") != "FailIndex")
            rule.OneOf("action", "Count", "FailIndex", "FailJob", "Ignore");
        else if (!job.Has("backoffLimitPerIndex"))
            rule.Invalid("action", "requires the backoffLimitPerIndex to be set");
    }

    private static void CheckExitCodes(FieldScope codes, HashSet<string> containers)
    {
        if (codes.Text("operator").Length == 0)
            codes.Required("operator", "valid values: [\"In\" \"NotIn\"]");
        else
            codes.OneOf("operator", "In", "NotIn");
        if (codes.Has("containerName") && !containers.Contains(codes.Text("containerName")))
            codes.Invalid("containerName", "must be one of the container or initContainer names in the pod template");
        if (codes.Count("values") == 0)
            codes.Invalid("values", "at least one value is required");
        var values = (codes.Object["values"] as JsonArray ?? []).OfType<JsonValue>().Select(static v => (long)JsonNumber.Of(v).Value).ToArray();
        var seen = new HashSet<long>();
        for (var i = 0; i < values.Length; i++)
        {
            if (codes.Text("operator") == "In" && values[i] == 0)
                codes.Invalid($"values[{i}]", values[i], "must not be 0 for the In operator");
            if (!seen.Add(values[i]))
                codes.Causes.Add(FieldErrors.Duplicate(codes.At($"values[{i}]"), values[i]));
        }
        if (!values.SequenceEqual(values.Order()))
            codes.Invalid("values", "must be ordered");
    }
}

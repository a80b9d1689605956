using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Jobs, and the jobs that CronJobs make (<c>pkg/apis/batch/validation</c>).</summary>
internal static class JobRules
{
    private const long MostInParallel = 100_000, MostFailedIndexes = 100_000;

    private static readonly string[] Labels = ["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"];

    public static void Check(FieldScope job, JsonObject? old)
    {
        var spec = job.Part("spec");
        if (old is null)
            CheckGenerated(job, spec);
        CheckSpec(spec);
        if (spec.Child("selector") is { } selector)
            SelectorRules.Check(selector);
        else
            spec.Required("selector");
        TemplateRules.CheckSelected(spec, spec.Object.Child("selector"));
        if (old?.Child("spec") is { } before)
            CheckChange(spec, before);
    }

    public static void CheckSpec(FieldScope spec)
    {
        foreach (var field in (ReadOnlySpan<string>)["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"])
            spec.NotNegative(field);
        if (spec.Has("maxFailedIndexes") && !spec.Has("backoffLimitPerIndex"))
            spec.Required("backoffLimitPerIndex", "when maxFailedIndexes is specified");
        if (spec.Has("managedBy") && (spec.Text("managedBy").Split('/', 2) is not [{ Length: > 0 }, { Length: > 0 }] parts || Names.DnsSubdomain(parts[0]) is not null))
            spec.Invalid("managedBy", "must be a domain-prefixed path (such as \"acme.io/foo\")");
        CheckCompletionMode(spec);
        if (spec.Child("podFailurePolicy") is { } failure)
            JobPolicyRules.CheckFailure(spec, failure);
        if (spec.Child("successPolicy") is { } success)
        {
            if (spec.Text("completionMode") == "Indexed")
                JobPolicyRules.CheckSuccess(spec, success);
            else
                spec.Invalid("successPolicy", JobPolicyRules.Shown(success), "requires indexed completion mode");
        }
        if (spec.Has("podReplacementPolicy"))
            spec.OneOf("podReplacementPolicy", spec.Has("podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"]);
        if (spec.Child("template") is not { } template)
            return;
        TemplateRules.Check(template);
        CheckRestartPolicy(spec, template);
    }

    private static void CheckRestartPolicy(FieldScope spec, FieldScope template)
    {
        if (template.Child("spec") is not { } pod)
            return;
        if (pod.Text("restartPolicy") is "" or "Always")
            pod.Required("restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        else if (pod.OneOf("restartPolicy", "OnFailure", "Never") && spec.Has("podFailurePolicy") && pod.Text("restartPolicy") != "Never")
            pod.Invalid("restartPolicy", "only \"Never\" is supported when podFailurePolicy is specified");
    }

    private static void CheckCompletionMode(FieldScope spec)
    {
        if (spec.Has("completionMode"))
            spec.OneOf("completionMode", "NonIndexed", "Indexed");
        if (spec.Text("completionMode") is "" or "NonIndexed")
        {
            foreach (var field in (ReadOnlySpan<string>)["backoffLimitPerIndex", "maxFailedIndexes"])
            {
                if (spec.Has(field))
                    spec.Invalid(field, "requires indexed completion mode");
            }
        }
        if (spec.Text("completionMode") != "Indexed")
            return;
        if (!spec.Has("completions"))
            spec.Required("completions", "when completion mode is Indexed");
        if (spec.Number("parallelism") > MostInParallel)
            spec.Invalid("parallelism", $"must be less than or equal to {MostInParallel} when completion mode is Indexed");
        if (spec.Number("maxFailedIndexes") > spec.Number("completions"))
            spec.Invalid("maxFailedIndexes", "must be less than or equal to completions");
        if (spec.Number("maxFailedIndexes") > MostFailedIndexes)
            spec.Invalid("maxFailedIndexes", $"must be less than or equal to {MostFailedIndexes}");
    }

    /// <summary>Labels that the server makes may not be given otherwise.</summary>
    private static void CheckGenerated(FieldScope job, FieldScope spec)
    {
        if (spec.IsTrue("manualSelector"))
            return;
        var metadata = job.Object.Child("metadata");
        var labels = spec.Object.Child("template")?.Child("metadata")?.Child("labels") ?? [];
        foreach (var label in Labels)
        {
            var expected = metadata?.Text(label.EndsWith("uid", StringComparison.Ordinal) ? "uid" : "name") ?? "";
            if (!labels.ContainsKey(label))
                spec.Required($"template.metadata.labels[{label}]", $"must be '{expected}'");
            else if (labels.Text(label) != expected)
                spec.Invalid($"template.metadata.labels[{label}]", TemplateRules.Sorted(labels), $"must be '{expected}'");
        }
        if (spec.Object.Child("selector") is { } selector && (selector.Child("matchLabels") is not { Count: 1 } matched || matched.Text(Labels[0]) != metadata?.Text("uid") || selector["matchExpressions"] is JsonArray { Count: > 0 }))
            spec.Invalid("selector", "`selector` not auto-generated");
    }

    private static void CheckChange(FieldScope spec, JsonObject before)
    {
        // An indexed job may grow and shrink as long as it runs all of its pods at once.
        var elastic = spec.Text("completionMode") == "Indexed" && spec.Number("completions") == spec.Number("parallelism");
        foreach (var field in (ReadOnlySpan<string>)["completions", "selector", "template", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"])
        {
            if (JsonNode.DeepEquals(spec.Object[field], before[field]) || (field == "completions" && elastic))
                continue;
            if (field == "template" && before.IsTrue("suspend") && SameButScheduling(spec.Object, before))
                continue;
            spec.Invalid(field, "field is immutable");
        }
    }

    /// <summary>Where pods of a suspended job will run may still change, and how much they ask for.</summary>
    private static bool SameButScheduling(JsonObject spec, JsonObject before)
    {
        JsonNode? Fixed(JsonObject job)
        {
            var template = job["template"]?.DeepClone() as JsonObject;
            foreach (var field in (ReadOnlySpan<string>)["nodeSelector", "tolerations", "affinity", "schedulingGates"])
                template?.Child("spec")?.Remove(field);
            foreach (var field in (ReadOnlySpan<string>)["annotations", "labels"])
                template?.Child("metadata")?.Remove(field);
            foreach (var container in (template?.Child("spec")?.Objects("containers") ?? []).Concat(template?.Child("spec")?.Objects("initContainers") ?? []))
                container.Remove("resources");
            return template;
        }
        return JsonNode.DeepEquals(Fixed(spec), Fixed(before));
    }
}

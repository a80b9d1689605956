using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Selectors;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Validation of what keeps pods running: apps/v1.</summary>
internal static class WorkloadValidation
{
    public static void Check(JsonObject spec, List<StatusCause> causes)
    {
        if (spec["replicas"] is JsonValue replicas && JsonNumber.Of(replicas).Value < 0)
            causes.Add(FieldErrors.Invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
        if (spec.Child("template") is not { } template)
            return;
        var labels = template.Child("metadata")?.Child("labels");
        ObjectMetaValidation.CheckLabels(labels, "spec.template.metadata.labels", causes);
        if (spec.Child("selector") is { } selector)
            CheckSelector(selector, template, labels, causes);
        if (template.Child("spec") is not { } pod)
            return;
        PodValidation.CheckSpec(pod, "spec.template.spec", causes);
        if (pod.Text("restartPolicy") is "Never" or "OnFailure")
            causes.Add(FieldErrors.NotSupported("spec.template.spec.restartPolicy", pod["restartPolicy"], ["Always"]));
    }

    private static void CheckSelector(JsonObject selector, JsonObject template, JsonObject? labels, List<StatusCause> causes)
    {
        if (selector.Child("matchLabels") is not { Count: > 0 } && selector["matchExpressions"] is not JsonArray { Count: > 0 })
        {
            causes.Add(FieldErrors.Invalid("spec.selector", selector, "empty selector is invalid"));
            return;
        }
        try
        {
            if (!LabelSelector.FromObject(selector).MatchesObject(template))
                causes.Add(FieldErrors.Invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
        }
        catch (FormatException e)
        {
            causes.Add(FieldErrors.Invalid("spec.selector", selector, e.Message));
        }
    }
}

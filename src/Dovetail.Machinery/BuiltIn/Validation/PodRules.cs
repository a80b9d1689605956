using System.Globalization;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Pods: what holds for pods and not for templates, and what may change (<c>ValidatePodCreate</c>, <c>ValidatePodUpdate</c>).</summary>
internal static class PodRules
{
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";
    private const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    private const string UpdateRule = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public static void Check(FieldScope pod, JsonObject? old)
    {
        if (old is null)
            CheckCreate(pod);
        else
            CheckUpdate(pod, old);
    }

    private static void CheckCreate(FieldScope pod)
    {
        CheckState(pod);
        if (pod.Child("spec") is not { } spec)
            return;
        if (spec.Count("ephemeralContainers") > 0)
            spec.Forbidden("ephemeralContainers", "cannot be set on create");
        if (spec.Text("nodeName").Length > 0 && spec.Count("schedulingGates") > 0)
            spec.Forbidden("nodeName", "cannot be set until all schedulingGates have been cleared");
    }

    /// <summary>What holds for every state of a pod.</summary>
    public static void CheckState(FieldScope pod)
    {
        if (pod.Child("spec") is not { } spec)
        {
            pod.Required("spec.containers");
            return;
        }
        if (pod.Object.Child("metadata") is { } metadata)
            CheckAnnotations(new(metadata, "metadata", pod.Causes), spec);
        PodSpecRules.Check(spec, pod.Object.Child("metadata")?.Text("name") ?? "", isPod: true);
        if (spec.Text("serviceAccountName").Length == 0)
        {
            foreach (var source in spec.Each("volumes").SelectMany(static v => v.Child("projected")?.Each("sources") ?? []))
            {
                if (source.Has("serviceAccountToken"))
                    source.Forbidden("serviceAccountToken", "must not be specified when serviceAccountName is not set");
            }
        }
        foreach (var container in spec.Each("containers").Concat(spec.Each("initContainers")))
            CheckImageBlanks(container);
    }

    /// <summary>Annotations of a pod or a template that mean something.</summary>
    public static void CheckAnnotations(FieldScope metadata, FieldScope spec)
    {
        if (metadata.Object.Child("annotations") is not { } annotations)
            return;
        if (annotations.ContainsKey(MirrorAnnotation) && spec.Text("nodeName").Length == 0)
            metadata.Causes.Add(Schemas.FieldErrors.Invalid($"{metadata.At("annotations")}[{MirrorAnnotation}]", annotations.Text(MirrorAnnotation), "must set spec.nodeName if mirror pod annotation is set"));
        if (annotations.ContainsKey(DeletionCost) && !IsCost(annotations.Text(DeletionCost)))
            metadata.Causes.Add(Schemas.FieldErrors.Invalid($"{metadata.At("annotations")}[{DeletionCost}]", annotations.Text(DeletionCost), "must be a 32bit integer"));
    }

    public static void CheckImageBlanks(FieldScope container)
    {
        if (container.Text("image").Trim().Length != container.Text("image").Length)
            container.Invalid("image", "must not have leading or trailing whitespace");
    }

    public static void CheckUpdate(FieldScope pod, JsonObject old)
    {
        CheckState(pod);
        CheckMirror(pod, old);
        if (pod.Child("spec") is not { } spec || old.Child("spec") is not { } before)
            return;
        foreach (var list in (ReadOnlySpan<string>)["containers", "initContainers"])
        {
            if (spec.Count(list) != ((before[list] as JsonArray)?.Count ?? 0))
            {
                spec.Forbidden(list, "pod updates may not add or remove containers");
                return;
            }
            foreach (var container in spec.Each(list))
            {
                if (container.Text("image").Length == 0)
                    container.Required("image");
                CheckImageBlanks(container);
            }
        }
        if (!CheckDeadline(spec, new(before, "spec", pod.Causes)))
            return;
        CheckTolerations(spec, before);
        CheckGates(spec, before);
        if (JsonNode.DeepEquals(spec.Object, before))
            return;
        if (!JsonNode.DeepEquals(Fixed(spec.Object, before), before))
            pod.Forbidden("spec", UpdateRule);
    }

    /// <summary>Containers that were added to look into a pod stay as they are.</summary>
    public static void CheckEphemeralUpdate(FieldScope pod, JsonObject old)
    {
        CheckState(pod);
        foreach (var known in old.Child("spec")?.Objects("ephemeralContainers") ?? [])
        {
            var now = pod.Object.Child("spec")?.Objects("ephemeralContainers").FirstOrDefault(c => c.Text("name") == known.Text("name"));
            if (now is null)
                pod.Forbidden("spec.ephemeralContainers", $"existing ephemeral containers \"{known.Text("name")}\" may not be removed\n");
            else if (!JsonNode.DeepEquals(now, known))
                pod.Forbidden("spec.ephemeralContainers", $"existing ephemeral containers \"{known.Text("name")}\" may not be changed\n");
        }
    }

    private static bool IsCost(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) && !text.StartsWith('+') && (text.Length == 1 || !text.StartsWith('0'));

    private static void CheckMirror(FieldScope pod, JsonObject old)
    {
        var (now, before) = (pod.Object.Child("metadata")?.Child("annotations"), old.Child("metadata")?.Child("annotations"));
        var (has, had) = (now?.ContainsKey(MirrorAnnotation) == true, before?.ContainsKey(MirrorAnnotation) == true);
        if (had && now?.Text(MirrorAnnotation) != before!.Text(MirrorAnnotation))
            pod.Forbidden($"metadata.annotations[{MirrorAnnotation}]", "may not remove or update mirror pod annotation");
        if (has && !had)
            pod.Forbidden($"metadata.annotations[{MirrorAnnotation}]", "may not add mirror pod annotation");
    }

    /// <summary>Answers whether it makes sense to look further.</summary>
    private static bool CheckDeadline(FieldScope spec, FieldScope before)
    {
        const string field = "activeDeadlineSeconds";
        if (spec.Number(field) is not { } now)
        {
            if (before.Has(field))
                spec.Invalid(field, "must not update from a positive integer to nil value");
            return true;
        }
        if (now is < 0 or > int.MaxValue)
            spec.Invalid(field, "must be between 0 and 2147483647, inclusive");
        else if (before.Number(field) is { } then && then < now)
            spec.Invalid(field, "must be less than or equal to previous value");
        else
            return true;
        return false;
    }

    private static void CheckTolerations(FieldScope spec, JsonObject before)
    {
        foreach (var known in before.Objects("tolerations"))
        {
            if (spec.Object.Objects("tolerations").Any(now => Same(now, known)))
                continue;
            spec.Forbidden("tolerations", "existing toleration can not be modified except its tolerationSeconds");
            return;
        }
        TaintRules.CheckTolerations(spec);

        static bool Same(JsonObject a, JsonObject b)
        {
            foreach (var field in (ReadOnlySpan<string>)["key", "operator", "value", "effect"])
            {
                if (a.Text(field) != b.Text(field))
                    return false;
            }
            return true;
        }
    }

    private static void CheckGates(FieldScope spec, JsonObject before)
    {
        foreach (var gate in spec.Each("schedulingGates"))
        {
            if (!before.Objects("schedulingGates").Any(known => known.Text("name") == gate.Text("name")))
                gate.Forbidden("name", $"only deletion is allowed, but found new scheduling gate '{gate.Text("name")}'");
        }
    }

    /// <summary>The new spec with what may change put back to what it was.</summary>
    private static JsonObject Fixed(JsonObject spec, JsonObject before)
    {
        var copy = (JsonObject)spec.DeepClone();
        foreach (var list in (ReadOnlySpan<string>)["containers", "initContainers"])
        {
            foreach (var (container, old) in copy.Objects(list).Zip(before.Objects(list)))
                container["image"] = old["image"]?.DeepClone();
        }
        List<string> free = ["activeDeadlineSeconds", "schedulingGates", "tolerations"];
        // A pod that waits for its gates may still be told where to go.
        if (before["schedulingGates"] is JsonArray { Count: > 0 })
            free.AddRange(["nodeSelector", "affinity"]);
        if (spec.Number("terminationGracePeriodSeconds") == 1 && before.Number("terminationGracePeriodSeconds") < 0)
            free.Add("terminationGracePeriodSeconds");
        foreach (var field in free)
        {
            if (before[field] is { } kept)
                copy[field] = kept.DeepClone();
            else
                copy.Remove(field);
        }
        return copy;
    }

    private static long? Number(this JsonObject obj, string field) => new FieldScope(obj, "", []).Number(field);
}

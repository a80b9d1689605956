using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Validation of pods and of pod templates.</summary>
internal static class PodValidation
{
    private const string UpdateRule = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public static void CheckSpec(JsonObject spec, string path, List<StatusCause> causes)
    {
        var volumes = CheckVolumes(spec, $"{path}.volumes", causes);
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (spec["containers"] is not JsonArray { Count: > 0 })
            causes.Add(FieldErrors.Required($"{path}.containers"));
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers"])
        {
            var index = 0;
            foreach (var container in spec.Objects(list))
                CheckContainer(container, $"{path}.{list}[{index++}]", names, volumes, causes);
        }
        if (spec["terminationGracePeriodSeconds"] is JsonValue grace && JsonNumber.Of(grace).Value < 0)
            causes.Add(FieldErrors.Invalid($"{path}.terminationGracePeriodSeconds", grace, "must be greater than or equal to 0"));
        if (spec["activeDeadlineSeconds"] is JsonValue deadline && JsonNumber.Of(deadline).Value < 1)
            causes.Add(FieldErrors.Invalid($"{path}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive"));
        foreach (var field in (ReadOnlySpan<string>)["nodeName", "serviceAccountName", "runtimeClassName"])
        {
            if (spec.Text(field) is { Length: > 0 } name && Names.DnsSubdomain(name) is { } wrong)
                causes.Add(FieldErrors.Invalid($"{path}.{field}", name, wrong));
        }
        if (spec.Text("hostname") is { Length: > 0 } hostname && Names.DnsLabel(hostname) is { } wrongHost)
            causes.Add(FieldErrors.Invalid($"{path}.hostname", hostname, wrongHost));
        ObjectMetaValidation.CheckLabels(spec.Child("nodeSelector"), $"{path}.nodeSelector", causes);
    }

    /// <summary>A pod's spec stays as it was made, but for images, deadlines, further tolerations, and scheduling gates that fall.</summary>
    public static void CheckUpdate(JsonObject pod, JsonObject old, List<StatusCause> causes)
    {
        if (pod.Child("spec") is not { } spec || old.Child("spec") is not { } before)
            return;
        var (now, then) = (Fixed(spec), Fixed(before));
        if (!JsonNode.DeepEquals(now, then))
            causes.Add(FieldErrors.Forbidden("spec", UpdateRule));
        if (LostToleration(spec, before))
            causes.Add(FieldErrors.Forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"));
        foreach (var gate in spec.Objects("schedulingGates"))
        {
            if (!before.Objects("schedulingGates").Any(known => JsonNode.DeepEquals(known, gate)))
                causes.Add(FieldErrors.Forbidden("spec.schedulingGates", $"only deletion is allowed, but found new scheduling gate '{gate.Text("name")}'"));
        }
    }

    private static HashSet<string> CheckVolumes(JsonObject spec, string path, List<StatusCause> causes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var volume in spec.Objects("volumes"))
        {
            var at = $"{path}[{index++}]";
            var name = volume.Text("name");
            if (name.Length == 0)
                causes.Add(FieldErrors.Required($"{at}.name"));
            else if (Names.DnsLabel(name) is { } wrong)
                causes.Add(FieldErrors.Invalid($"{at}.name", name, wrong));
            else if (!names.Add(name))
                causes.Add(FieldErrors.Duplicate($"{at}.name", name));
            if (volume.Count > 2)
                causes.Add(FieldErrors.Forbidden(at, "may not specify more than 1 volume type"));
        }
        return names;
    }

    private static void CheckContainer(JsonObject container, string path, HashSet<string> names, HashSet<string> volumes, List<StatusCause> causes)
    {
        var name = container.Text("name");
        if (name.Length == 0)
            causes.Add(FieldErrors.Required($"{path}.name"));
        else if (Names.DnsLabel(name) is { } wrong)
            causes.Add(FieldErrors.Invalid($"{path}.name", name, wrong));
        else if (!names.Add(name))
            causes.Add(FieldErrors.Duplicate($"{path}.name", name));
        var image = container.Text("image");
        if (image.Length == 0)
            causes.Add(FieldErrors.Required($"{path}.image"));
        else if (image.Trim().Length != image.Length)
            causes.Add(FieldErrors.Invalid($"{path}.image", image, "must not have leading or trailing whitespace"));
        CheckMounts(container, path, volumes, causes);
        CheckPorts(container, path, causes);
    }

    private static void CheckMounts(JsonObject container, string path, HashSet<string> volumes, List<StatusCause> causes)
    {
        var places = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var mount in container.Objects("volumeMounts"))
        {
            var at = $"{path}.volumeMounts[{index++}]";
            if (mount.Text("name") is { Length: > 0 } volume && !volumes.Contains(volume))
                causes.Add(FieldErrors.NotFound($"{at}.name", volume));
            if (mount.Text("mountPath") is { Length: > 0 } place && !places.Add(place))
                causes.Add(FieldErrors.Invalid($"{at}.mountPath", place, "must be unique"));
        }
    }

    private static void CheckPorts(JsonObject container, string path, List<StatusCause> causes)
    {
        var index = 0;
        foreach (var port in container.Objects("ports"))
        {
            var at = $"{path}.ports[{index++}]";
            foreach (var field in (ReadOnlySpan<string>)["containerPort", "hostPort"])
            {
                if (port[field] is JsonValue number && JsonNumber.Of(number).Value is < 1 or > 65535)
                    causes.Add(FieldErrors.Invalid($"{at}.{field}", number, "must be between 1 and 65535, inclusive"));
            }
        }
    }

    /// <summary>The spec without what may change.</summary>
    private static JsonObject Fixed(JsonObject spec)
    {
        var copy = spec.DeepClone().AsObject();
        foreach (var field in (ReadOnlySpan<string>)["activeDeadlineSeconds", "tolerations", "schedulingGates", "terminationGracePeriodSeconds"])
            copy.Remove(field);
        foreach (var container in copy.Objects("initContainers").Concat(copy.Objects("containers")))
            container.Remove("image");
        return copy;
    }

    private static bool LostToleration(JsonObject spec, JsonObject before)
    {
        foreach (var old in before.Objects("tolerations"))
        {
            if (!spec.Objects("tolerations").Any(now => Same(now, old)))
                return true;
        }
        return false;

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
}

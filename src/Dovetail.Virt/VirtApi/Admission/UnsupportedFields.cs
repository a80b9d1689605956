using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Dovetail.Virt.Domain;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>Names every field, and every annotation that works like a field, that is set and does nothing here yet. None is accepted and ignored.</summary>
internal static class UnsupportedFields
{
    /// <summary>Annotations with which upstream changes a guest or its sandbox.</summary>
    private static readonly FrozenSet<string> Annotations = new[]
    {
        "hooks.kubevirt.io/hookSidecars",
        "kubevirt.io/free-page-reporting-disabled",
        "kubevirt.io/ignitiondata",
        "kubevirt.io/keep-launcher-alive-after-failure",
        "kubevirt.io/libvirt-log-filters",
        "kubevirt.io/pause-guest-agent-probes",
        "kubevirt.io/placePCIDevicesOnRootComplex",
        "kubevirt.io/qgs-socket-path",
        "kubevirt.io/vga-display-efi-x86",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <param name="metadata">Of a VirtualMachineInstance, or of a template of one.</param>
    /// <param name="at">Its path in the object: <c>metadata</c> or <c>spec.template.metadata</c>.</param>
    /// <param name="causes">One more for each annotation that asks for what is not there.</param>
    public static void CollectAnnotations(JsonObject? metadata, string at, List<StatusCause> causes)
    {
        foreach (var (name, _) in metadata.Object("annotations") ?? [])
        {
            if (Annotations.Contains(name)) causes.Add(FieldErrors.Forbidden($"{at}.annotations[{name}]", "this annotation is not supported yet"));
        }
    }

    /// <param name="spec">Spec of a VirtualMachineInstance.</param>
    /// <param name="at">Its path in the object: <c>spec</c> or <c>spec.template.spec</c>.</param>
    /// <param name="causes">One more for each field.</param>
    public static void Collect(JsonObject spec, string at, List<StatusCause> causes) => Visit(spec, at, "", causes);

    private static void Visit(JsonObject parent, string at, string path, List<StatusCause> causes)
    {
        foreach (var (name, value) in parent)
        {
            if (IsUnset(value)) continue;
            Check(value!, $"{at}.{name}", path.Length == 0 ? name : $"{path}.{name}", causes);
        }
    }

    private static void Check(JsonNode value, string at, string path, List<StatusCause> causes)
    {
        if (!SupportedFields.IsSupported(path))
        {
            causes.Add(FieldErrors.Forbidden(at, "this field is not supported yet"));
            return;
        }

        switch (value)
        {
            case JsonObject inner:
                Visit(inner, at, path, causes);
                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    if (items[i] is JsonObject item) Visit(item, $"{at}[{i}]", path + "[]", causes);
                }

                break;
            default:
                if (SupportedFields.Values.TryGetValue(path, out var supported) && !supported.Contains(value.ToString()))
                    causes.Add(FieldErrors.NotSupported(at, value.DeepClone(), supported));
                break;
        }
    }

    /// <summary>A switch that is off asks for nothing.</summary>
    private static bool IsUnset(JsonNode? value) => value is null || value is JsonArray { Count: 0 } || (value is JsonValue flag && flag.TryGetValue<bool>(out var on) && !on);
}

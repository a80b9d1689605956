using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Dovetail.Virt.Domain;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>Names every field that is set and does nothing here yet. A field is never accepted and ignored.</summary>
internal static class UnsupportedFields
{
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

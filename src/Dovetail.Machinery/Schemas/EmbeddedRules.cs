using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>What an object inside an object must say of itself (<c>x-kubernetes-embedded-resource</c>): apiVersion and kind, and metadata in good form when it has any.</summary>
internal static class EmbeddedRules
{
    public static void Check(JsonObject obj, string path, List<StatusCause> causes)
    {
        if (!obj.ContainsKey("apiVersion"))
            causes.Add(FieldErrors.Required($"{path}.apiVersion"));
        if (!obj.ContainsKey("kind"))
            causes.Add(FieldErrors.Required($"{path}.kind"));
        if (obj.TryGetPropertyValue("apiVersion", out var version))
        {
            if (Text(version) is not { } text)
                causes.Add(FieldErrors.Invalid($"{path}.apiVersion", version, "must be a string"));
            else if (text.Length == 0)
                causes.Add(FieldErrors.Invalid($"{path}.apiVersion", text, "must not be empty"));
            else if (text.AsSpan().Count('/') > 1)
                causes.Add(FieldErrors.Invalid($"{path}.apiVersion", text, $"unexpected GroupVersion string: {text}"));
        }
        if (obj.TryGetPropertyValue("kind", out var kind))
        {
            if (Text(kind) is not { } text)
                causes.Add(FieldErrors.Invalid($"{path}.kind", kind, "must be a string"));
            else if (text.Length == 0)
                causes.Add(FieldErrors.Invalid($"{path}.kind", text, "must not be empty"));
            else if (Names.Dns1035Label(text.ToLowerInvariant()) is { } wrong)
                causes.Add(FieldErrors.Invalid($"{path}.kind", text, $"may have mixed case, but should otherwise match: {wrong}"));
        }
        if (obj["metadata"] is not JsonObject metadata)
            return;
        var found = new List<StatusCause>();
        var namespaced = Text(metadata["namespace"]) is { Length: > 0 };
        ObjectMetaValidation.ValidateCreate(new JsonObject { ["metadata"] = Named(metadata) }, NameRule.PathSegment, namespaced, found);
        foreach (var cause in found)
            causes.Add(cause with { Field = $"{path}.{cause.Field}" });
    }

    /// <summary>An embedded object may lack a name.</summary>
    private static JsonObject Named(JsonObject metadata)
    {
        var copy = (JsonObject)metadata.DeepClone();
        if (Text(copy["name"]) is null or "")
            copy["name"] = "fakename";
        return copy;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}

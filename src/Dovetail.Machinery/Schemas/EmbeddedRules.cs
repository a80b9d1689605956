using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>What an object inside an object must say of itself (<c>x-kubernetes-embedded-resource</c>): apiVersion and kind, and metadata in good form when it has any.</summary>
internal static class EmbeddedRules
{
    public static void CheckAll(Schema schema, JsonObject obj, List<StatusCause> causes)
    {
        if (schema.HasEmbedded)
            Visit(schema, obj, new(), causes);
    }

    private static void Visit(Schema schema, JsonNode? value, FieldPath path, List<StatusCause> causes)
    {
        if (value is JsonArray array && schema.Items is { HasEmbedded: true } items)
        {
            for (var i = 0; i < array.Count; i++)
            {
                path.Push(i);
                Visit(items, array[i], path, causes);
                path.Pop();
            }
        }
        if (value is not JsonObject obj)
            return;
        if (schema.EmbeddedResource)
            Check(obj, path.Keyed(), causes);
        foreach (var (name, field) in obj)
        {
            var known = schema.Properties.Find(name);
            if ((known ?? schema.AdditionalProperties) is not { HasEmbedded: true } inner)
                continue;
            if (known is null)
                path.PushKey(name);
            else
                path.Push(name);
            Visit(inner, field, path, causes);
            path.Pop();
        }
    }

    private static void Check(JsonObject obj, string path, List<StatusCause> causes)
    {
        if (!obj.ContainsKey("apiVersion"))
            causes.Add(FieldErrors.Required($"{path}.apiVersion"));
        if (!obj.ContainsKey("kind"))
            causes.Add(FieldErrors.Required($"{path}.kind"));
        if (obj.TryGetPropertyValue("apiVersion", out var version))
        {
            if (Text(version) is not { } text)
                causes.Add(FieldErrors.Invalid($"{path}.apiVersion", GoValues.Sorted(version), "must be a string"));
            else if (text.Length == 0)
                causes.Add(FieldErrors.Invalid($"{path}.apiVersion", text, "must not be empty"));
            else if (text.AsSpan().Count('/') > 1)
                causes.Add(FieldErrors.Invalid($"{path}.apiVersion", text, $"unexpected GroupVersion string: {text}"));
        }
        if (obj.TryGetPropertyValue("kind", out var kind))
        {
            if (Text(kind) is not { } text)
                causes.Add(FieldErrors.Invalid($"{path}.kind", GoValues.Sorted(kind), "must be a string"));
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

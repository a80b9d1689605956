using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>What makes a schema structural (KEP-1002), and the small print of apiextensions.k8s.io/v1 about its extensions.</summary>
internal static class StructuralRules
{
    private static readonly string[] Structure = ["description", "title", "type", "default", "additionalProperties", "nullable"];
    private static readonly string[] Unsupported = ["$ref", "id", "$schema", "definitions", "dependencies", "patternProperties", "additionalItems"];

    /// <summary>Every place says its type, except where any JSON or an integer or a string is wanted.</summary>
    public static void CheckType(Schema schema, string path, string empty, List<StatusCause> problems)
    {
        if (schema.Type == SchemaType.Any && !schema.IntOrString && !schema.PreserveUnknownFields)
            problems.Add(FieldErrors.Required($"{path}.type", empty));
        if (schema.IntOrString && schema.Type != SchemaType.Any)
            problems.Add(FieldErrors.Invalid($"{path}.type", TypeText(schema.Type), "must be empty if x-kubernetes-int-or-string is true"));
        if (schema.EmbeddedResource && schema.Type != SchemaType.Object)
            problems.Add(FieldErrors.Invalid($"{path}.type", TypeText(schema.Type), "must be object if x-kubernetes-embedded-resource is true"));
        if (schema.EmbeddedResource && schema.Properties.Count == 0 && !schema.PreserveUnknownFields)
            problems.Add(FieldErrors.Required($"{path}.properties", "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"));
    }

    public static void CheckRoot(Schema schema, string path, List<StatusCause> problems)
    {
        if (schema.Type is not (SchemaType.Object or SchemaType.Any))
            problems.Add(FieldErrors.Invalid($"{path}.type", TypeText(schema.Type), "must be object at the root"));
        if (schema.Nullable)
            problems.Add(FieldErrors.Forbidden($"{path}.nullable", "nullable cannot be true at the root"));
        if (schema.Properties.Find("metadata") is not { } metadata)
            return;
        if (metadata.Type != SchemaType.Object)
            problems.Add(FieldErrors.Invalid($"{path}.properties[metadata].type", TypeText(metadata.Type), "must be object"));
        foreach (var (name, _) in metadata.Properties)
        {
            if (name is not ("name" or "generateName"))
                problems.Add(FieldErrors.Forbidden($"{path}.properties[metadata].properties[{name}]", "must not specify anything other than name and generateName, but metadata is implicitly specified"));
        }
    }

    public static void Check(Schema schema, JsonObject json, string path, List<StatusCause> problems)
    {
        if (schema.Properties.Count > 0 && json["additionalProperties"] is not null && !(json["additionalProperties"] is JsonValue any && any.TryGetValue(out bool allowed) && allowed))
            problems.Add(FieldErrors.Forbidden($"{path}.additionalProperties", "additionalProperties and properties are mutual exclusive"));
        if (schema.Type == SchemaType.Array && schema.Items is null)
            problems.Add(FieldErrors.Required($"{path}.items", "must be specified"));
        if (json["uniqueItems"] is JsonValue unique && unique.TryGetValue(out bool set) && set)
            problems.Add(FieldErrors.Forbidden($"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
        if (json["x-kubernetes-preserve-unknown-fields"] is JsonValue keep && keep.TryGetValue(out bool keeps) && !keeps)
            problems.Add(FieldErrors.Invalid($"{path}.x-kubernetes-preserve-unknown-fields", false, "must be true or undefined"));
        foreach (var keyword in Unsupported)
        {
            if (json[keyword] is not null)
                problems.Add(FieldErrors.Forbidden($"{path}.{keyword}", $"{keyword} is not supported"));
        }
        CheckList(schema, path, problems);
        if (schema.MapType != MapType.Unset && schema.Type != SchemaType.Object)
            problems.Add(FieldErrors.Invalid($"{path}.type", TypeText(schema.Type), "must be object if x-kubernetes-map-type is specified"));
    }

    /// <summary>A schema that only checks must not give structure; the two spellings of int-or-string are the exception.</summary>
    public static void CheckCombination(Schema schema, JsonObject json, string path, List<StatusCause> problems)
    {
        foreach (var keyword in Structure)
        {
            if (json[keyword] is not null && !(keyword == "type" && json.Count == 1 && schema.Type is SchemaType.Integer or SchemaType.String))
                problems.Add(FieldErrors.Forbidden($"{path}.{keyword}", "must be empty to be structural"));
        }
        foreach (var (keyword, _) in json)
        {
            if (keyword.StartsWith("x-kubernetes-", StringComparison.Ordinal) && keyword != "x-kubernetes-validations")
                problems.Add(FieldErrors.Forbidden($"{path}.{keyword}", "must be empty to be structural"));
        }
    }

    private static void CheckList(Schema schema, string path, List<StatusCause> problems)
    {
        if (schema.ListType != ListType.Unset && schema.Type != SchemaType.Array)
            problems.Add(FieldErrors.Invalid($"{path}.type", TypeText(schema.Type), "must be array if x-kubernetes-list-type is specified"));
        if (schema.ListType != ListType.Map)
        {
            if (!schema.ListMapKeys.IsEmpty)
                problems.Add(FieldErrors.Invalid($"{path}.x-kubernetes-list-type", schema.ListType.ToString().ToLowerInvariant(), "must be map if x-kubernetes-list-map-keys is non-empty"));
            return;
        }
        if (schema.ListMapKeys.IsEmpty)
            problems.Add(FieldErrors.Required($"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map"));
        if (schema.Items is not { } items)
            return;
        if (items.Type != SchemaType.Object)
            problems.Add(FieldErrors.Invalid($"{path}.items.type", TypeText(items.Type), "must be object if parent array's x-kubernetes-list-type is map"));
        foreach (var key in schema.ListMapKeys)
        {
            if (items.Properties.Find(key) is not { } field)
                problems.Add(FieldErrors.Invalid($"{path}.x-kubernetes-list-map-keys", key, "entries must all be names of item properties"));
            else if (field.Type is SchemaType.Object or SchemaType.Array or SchemaType.Any)
                problems.Add(FieldErrors.Invalid($"{path}.items.properties[{key}].type", TypeText(field.Type), "must be a scalar type if parent array's x-kubernetes-list-type is map"));
            else if (field.Default is null && !items.Required.Contains(key))
                problems.Add(FieldErrors.Required($"{path}.items.properties[{key}].default", "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"));
        }
    }

    private static string TypeText(SchemaType type) => type == SchemaType.Any ? "" : type.ToString().ToLowerInvariant();
}

using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.Tests.Crds;

/// <summary>Writes the structural OpenAPI v3 schema of a wire type: names and types by reflection, the rest from the attributes in Dovetail.Api.Schemas, descriptions from its XML documentation.</summary>
public sealed class SchemaWriter(XmlDocs docs)
{
    private const string QuantityPattern =
        @"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$";

    public JsonObject Root(Type kind)
    {
        var schema = Object(kind, docs.Of(kind));
        schema["properties"]!["metadata"] = new JsonObject { ["type"] = "object" };
        return schema;
    }

    public static string JsonName(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private JsonObject Object(Type type, string? description)
    {
        var schema = new JsonObject();
        if (description is not null) schema["description"] = description;
        schema["type"] = "object";
        if (EmbeddedKinds.AtomicObjects.Contains(type)) schema["x-kubernetes-map-type"] = "atomic";
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(JsonName, StringComparer.Ordinal))
        {
            if (EmbeddedKinds.Hidden(property)) continue;
            properties[JsonName(property)] = Property(property);
            if (property.GetCustomAttribute<RequiredAttribute>() is not null || EmbeddedKinds.Required(property)) required.Add(JsonName(property));
        }

        if (properties.Count > 0) schema["properties"] = properties;
        if (required.Count > 0) schema["required"] = required;
        return schema;
    }

    private JsonObject Property(PropertyInfo property)
    {
        var schema = OfType(property.PropertyType, docs.Of(property) ?? docs.Of(property.PropertyType));
        if ((string?)schema["type"] == "array") ListRules(property, schema);
        if (property.GetCustomAttribute<OneOfAttribute>() is { } oneOf)
            (schema["items"]?.AsObject() ?? schema)["enum"] = new JsonArray([.. oneOf.Values.Select(v => JsonValue.Create(v))]);
        if (property.GetCustomAttribute<BoundsAttribute>() is { } bounds)
        {
            schema["minimum"] = bounds.Minimum;
            if (bounds.Maximum != long.MaxValue) schema["maximum"] = bounds.Maximum;
        }

        if (property.GetCustomAttribute<LengthAttribute>() is { } length)
        {
            if (length.Minimum > 0) schema["minLength"] = length.Minimum;
            if (length.Maximum != int.MaxValue) schema["maxLength"] = length.Maximum;
        }

        if (property.GetCustomAttribute<PatternAttribute>() is { } pattern) schema["pattern"] = pattern.Regex;
        if (property.GetCustomAttribute<AcceptsNullAttribute>() is not null || EmbeddedKinds.AcceptsNull(property)) schema["nullable"] = true;
        if (property.GetCustomAttribute<SchemaDefaultAttribute>() is { } value) schema["default"] = JsonSerializer.SerializeToNode(value.Value);
        if (EmbeddedKinds.DefaultsToEmpty(property)) schema["default"] = "";
        return schema;
    }

    private static void ListRules(PropertyInfo property, JsonObject schema)
    {
        var keys = property.GetCustomAttribute<ListMapAttribute>()?.Keys ?? EmbeddedKinds.ListKeys(property);
        var set = property.GetCustomAttribute<ListSetAttribute>() is not null;
        schema["x-kubernetes-list-type"] = keys is not null ? "map" : set ? "set" : "atomic";
        if (keys is not null) schema["x-kubernetes-list-map-keys"] = new JsonArray([.. keys.Select(k => JsonValue.Create(k))]);
        if (property.GetCustomAttribute<ItemsAcceptNullAttribute>() is not null) schema["items"]!["nullable"] = true;
        if (property.GetCustomAttribute<MaxItemsAttribute>() is { } max) schema["maxItems"] = max.Count;
    }

    private JsonObject OfType(Type declared, string? description)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        var schema = new JsonObject();
        if (description is not null) schema["description"] = description;
        if (type == typeof(string)) schema["type"] = "string";
        else if (type == typeof(bool)) schema["type"] = "boolean";
        else if (type == typeof(int)) IntegerRules(schema, int.MinValue, int.MaxValue);
        else if (type == typeof(uint)) IntegerRules(schema, uint.MinValue, int.MaxValue); // upstream's schemas say int32 of a uint32, and a bound beyond the format fails every value
        else if (type == typeof(long)) (schema["type"], schema["format"]) = ("integer", "int64");
        else if (type == typeof(float) || type == typeof(double)) schema["type"] = "number";
        else if (type == typeof(DateTime)) (schema["type"], schema["format"]) = ("string", "date-time");
        else if (type == typeof(byte[])) (schema["type"], schema["format"]) = ("string", "byte");
        else if (type == typeof(ResourceQuantity)) IntOrStringRules(schema, QuantityPattern);
        else if (type == typeof(IntOrString)) IntOrStringRules(schema, null);
        else if (ArgumentsOf(type, typeof(IDictionary<,>)) is [_, var value]) (schema["type"], schema["additionalProperties"]) = ("object", OfType(value, null));
        else if (ArgumentsOf(type, typeof(IList<>)) is [var item]) (schema["type"], schema["items"]) = ("array", OfType(item, docs.Of(item)));
        else if (type.IsClass && type != typeof(object)) return Object(type, description);
        else throw new NotSupportedException($"no schema for {type}");
        return schema;
    }

    /// <summary>The bounds are ours: a number that passes the schema can also be read by the components, which a format alone does not promise.</summary>
    private static void IntegerRules(JsonObject schema, long minimum, long maximum) =>
        (schema["type"], schema["format"], schema["minimum"], schema["maximum"]) = ("integer", "int32", minimum, maximum);

    private static void IntOrStringRules(JsonObject schema, string? pattern)
    {
        schema["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" });
        if (pattern is not null) schema["pattern"] = pattern;
        schema["x-kubernetes-int-or-string"] = true;
    }

    private static Type[] ArgumentsOf(Type type, Type generic) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == generic ? type.GetGenericArguments() : [];
}

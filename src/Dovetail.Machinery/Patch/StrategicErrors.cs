using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Patch;

/// <summary>What upstream's strategic merge says of patches that it cannot use. Most are plain Go errors there, which the wire shows as a 500 without a reason.</summary>
internal static class StrategicErrors
{
    public static StatusException BadRetainKeys() => PatchErrors.BadRequest("invalid patch format of retainKeys");

    public static StatusException BadPrefix(bool order) => PatchErrors.BadRequest(order ? "invalid patch format of setElementOrder list" : "invalid patch format of primitive list");

    public static StatusException UnknownDirective(JsonNode? directive, JsonObject map) =>
        PatchErrors.Unfitting($"unknown patch type: {(directive?.GetValueKind() == System.Text.Json.JsonValueKind.String ? GoFormat.Value(directive) : $"%!s({GoType(directive)}={GoFormat.Value(directive)})")} in map: {GoFormat.Value(map)}");

    public static StatusException MissingKey(JsonObject map, string key) => PatchErrors.Unfitting($"map: {GoFormat.Value(map)} does not contain declared merge key: {key}");

    public static StatusException MergeInList() => PatchErrors.Unfitting("merging lists cannot yet be specified in the patch");

    public static StatusException NoMergeKey() => PatchErrors.Unfitting("cannot merge lists without merge key for struct");

    public static StatusException NoElements() => PatchErrors.Unfitting("no elements in any of the given slices");

    public static StatusException NoStruct() => PatchErrors.Unfitting("merging an object in json but data type is not struct, instead is: map");

    public static StatusException NoList() => PatchErrors.Unfitting("expected slice or array type, but got: struct");

    public static StatusException NoField(Schema schema, string name) =>
        PatchErrors.Unfitting($"unable to find api field in struct {schema.DefinitionName[(schema.DefinitionName.LastIndexOf('.') + 1)..]} for the json field \"{name}\"");

    public static StatusException BadArgument(JsonNode? actual, bool map = false) =>
        PatchErrors.Unfitting($"expected a {(map ? "map[string]interface {}" : "[]interface {}")}, but received a {GoType(actual)}");

    public static StatusException MixedItems(JsonArray original, JsonArray patch) =>
        PatchErrors.Unfitting($"list element types are not identical: [{GoFormat.Value(original)} {GoFormat.Value(patch)}]");

    public static StatusException OrderMismatch(JsonArray patch, JsonArray order) =>
        PatchErrors.Unfitting($"The order in patch list:\n{GoFormat.Value(patch)}\n doesn't match $setElementOrder list:\n{GoFormat.Value(order)}\n");

    /// <summary>The Go type that a JSON value is decoded into.</summary>
    public static string GoType(JsonNode? value) => value switch
    {
        null => "%!s(<nil>)",
        JsonObject => "map[string]interface {}",
        JsonArray => "[]interface {}",
        _ => value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => "string",
            System.Text.Json.JsonValueKind.Number => JsonNumber.Of(value.AsValue()).IsInteger ? "int64" : "float64",
            _ => "bool",
        },
    };
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

/// <summary>JSON patch, RFC 6902. A document that is no patch is a 400; a patch that cannot be applied to the object, a failed <c>test</c> among them, is a 422,
/// as Kubernetes answers.</summary>
public sealed class JsonPatch
{
    /// <summary>Upstream's limit (<c>maxJSONPatchOperations</c>); more is a 413.</summary>
    public const int MaxOperations = 10_000;

    private readonly ImmutableArray<Operation> operations;

    private JsonPatch(ImmutableArray<Operation> operations) => this.operations = operations;

    private enum Kind
    {
        Add,
        Remove,
        Replace,
        Move,
        Copy,
        Test,
    }

    public static JsonPatch Parse(JsonNode? document)
    {
        if (document is not JsonArray array)
            throw PatchErrors.BadRequest("error decoding patch: json: cannot unmarshal " + (document is JsonObject ? "object" : "value") + " into Go value of type jsonpatch.Patch");
        if (array.Count > MaxOperations)
            throw PatchErrors.TooLarge($"The allowed maximum operations in a JSON patch is {MaxOperations}, got {array.Count}");
        var operations = ImmutableArray.CreateBuilder<Operation>(array.Count);
        foreach (var item in array) operations.Add(ParseOperation(item));
        return new JsonPatch(operations.DrainToImmutable());
    }

    /// <summary>Returns the patched document. <paramref name="target"/> is changed, also when an operation fails half way: hand over a copy.</summary>
    public JsonNode? Apply(JsonNode? target)
    {
        var document = new Document(target);
        foreach (var operation in operations) Apply(document, operation);
        return document.Root;
    }

    private static void Apply(Document document, Operation operation)
    {
        switch (operation.Kind)
        {
            case Kind.Add:
                document.Add(operation.Path, operation.Value?.DeepClone(), "add");
                break;
            case Kind.Remove:
                document.Remove(operation.Path, "remove");
                break;
            case Kind.Replace:
                document.Replace(operation.Path, operation.Value?.DeepClone());
                break;
            case Kind.Move:
                if (operation.Path.Length > operation.From.Length && operation.Path.AsSpan(0, operation.From.Length).SequenceEqual(operation.From))
                    throw PatchErrors.Unprocessable($"error in move for path: '{operation.PathText}': cannot move a value into itself");
                var moved = document.Get(operation.From, "move");
                document.Remove(operation.From, "move");
                document.Add(operation.Path, moved, "move");
                break;
            case Kind.Copy:
                document.Add(operation.Path, document.Get(operation.From, "copy")?.DeepClone(), "copy");
                break;
            case Kind.Test:
                if (!JsonEquality.Equal(document.Get(operation.Path, "test", absentIsNull: operation.Value is null), operation.Value))
                    throw PatchErrors.Unprocessable($"testing value {operation.PathText} failed: test failed");
                break;
        }
    }

    private static Operation ParseOperation(JsonNode? item)
    {
        if (item is not JsonObject fields) throw PatchErrors.BadRequest("error decoding patch: every operation of a JSON patch is an object");
        var name = Text(fields, "op");
        Kind? kind = name switch
        {
            "add" => Kind.Add,
            "remove" => Kind.Remove,
            "replace" => Kind.Replace,
            "move" => Kind.Move,
            "copy" => Kind.Copy,
            "test" => Kind.Test,
            _ => null,
        };
        if (kind is null) throw PatchErrors.Unprocessable($"Unexpected kind: {name ?? "unknown"}");

        var pathText = Text(fields, "path");
        if (pathText is null || JsonPointer.Parse(pathText) is not { } path)
            throw PatchErrors.Unprocessable($"{name} operation failed to decode path: missing or malformed JSON pointer");
        string[] from = [];
        if (kind is Kind.Move or Kind.Copy)
        {
            if (Text(fields, "from") is not { } fromText || JsonPointer.Parse(fromText) is not { } tokens)
                throw PatchErrors.Unprocessable($"{name} operation failed to decode from: missing or malformed JSON pointer");
            from = tokens;
        }

        var hasValue = fields.TryGetPropertyValue("value", out var value);
        if (!hasValue && kind is Kind.Add or Kind.Replace)
            throw PatchErrors.Unprocessable($"{name} operation for path '{pathText}' has no value");
        return new Operation(kind.Value, path, pathText, from, value);
    }

    private static string? Text(JsonObject fields, string name) =>
        fields.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private sealed record Operation(Kind Kind, string[] Path, string PathText, string[] From, JsonNode? Value);

    /// <summary>The tree under the patch, with pointers resolved against it.</summary>
    private sealed class Document(JsonNode? root)
    {
        public JsonNode? Root { get; private set; } = root;

        public JsonNode? Get(string[] path, string operation, bool absentIsNull = false)
        {
            if (path.Length == 0) return Root;
            switch (Parent(path, operation))
            {
                case JsonObject fields:
                    if (fields.TryGetPropertyValue(path[^1], out var value)) return value;
                    if (absentIsNull) return null;
                    break;
                case JsonArray array when JsonPointer.TryIndex(path[^1], array.Count, out var index) && index < array.Count:
                    return array[index];
            }

            throw Missing(path, operation);
        }

        public void Add(string[] path, JsonNode? value, string operation)
        {
            if (path.Length == 0)
            {
                Root = value;
                return;
            }

            switch (Parent(path, operation))
            {
                case JsonObject fields:
                    fields[path[^1]] = value;
                    return;
                case JsonArray array when path[^1] == "-":
                    array.Add(value);
                    return;
                case JsonArray array when JsonPointer.TryIndex(path[^1], array.Count + 1, out var index) && index <= array.Count:
                    array.Insert(index, value);
                    return;
                case JsonArray:
                    throw PatchErrors.Unprocessable($"{operation} operation does not apply: doc is missing path: \"{Text(path)}\": Unable to access invalid index: {path[^1]}: invalid index referenced");
                default:
                    throw Missing(path, operation);
            }
        }

        public void Replace(string[] path, JsonNode? value)
        {
            if (path.Length == 0)
            {
                Root = value;
                return;
            }

            switch (Parent(path, "replace"))
            {
                case JsonObject fields when fields.ContainsKey(path[^1]):
                    fields[path[^1]] = value;
                    return;
                case JsonArray array when JsonPointer.TryIndex(path[^1], array.Count, out var index) && index < array.Count:
                    array[index] = value;
                    return;
                default:
                    throw Missing(path, "replace");
            }
        }

        public void Remove(string[] path, string operation)
        {
            if (path.Length == 0)
            {
                Root = null;
                return;
            }

            switch (Parent(path, operation))
            {
                case JsonObject fields when fields.Remove(path[^1]):
                    return;
                case JsonArray array when JsonPointer.TryIndex(path[^1], array.Count, out var index) && index < array.Count:
                    array.RemoveAt(index);
                    return;
                default:
                    throw Missing(path, operation);
            }
        }

        private JsonNode? Parent(string[] path, string operation)
        {
            var node = Root;
            for (var i = 0; i < path.Length - 1; i++)
            {
                node = node switch
                {
                    JsonObject fields when fields.TryGetPropertyValue(path[i], out var child) => child,
                    JsonArray array when JsonPointer.TryIndex(path[i], array.Count, out var index) && index < array.Count => array[index],
                    _ => throw Missing(path, operation),
                };
            }

            return node;
        }

        private static Errors.StatusException Missing(string[] path, string operation) => operation switch
        {
            "remove" => PatchErrors.Unprocessable($"remove operation does not apply: doc is missing path: \"{Text(path)}\": missing value"),
            "replace" => PatchErrors.Unprocessable($"replace operation does not apply: doc is missing path: {Text(path)}: missing value"),
            "test" => PatchErrors.Unprocessable($"testing path {Text(path)} failed: missing value"),
            _ => PatchErrors.Unprocessable($"{operation} operation does not apply: doc is missing path: \"{Text(path)}\": missing value"),
        };

        private static string Text(string[] path) =>
            string.Concat(path.Select(token => "/" + token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
    }
}

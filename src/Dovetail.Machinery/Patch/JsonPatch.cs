using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

/// <summary>JSON patch, RFC 6902, with the liberties of the library that Kubernetes uses (evanphx/json-patch v4): <c>replace</c> and <c>test</c> of a field that is absent treat it as null,
/// indexes may be negative and count from the end, a value that is left out is null. A document that is no patch is a 400; a patch that cannot be applied to the object,
/// a failed <c>test</c> among them, is a 422 without a word about which operation it was, as upstream answers.</summary>
public sealed class JsonPatch
{
    /// <summary>Upstream's limit (<c>maxJSONPatchOperations</c>); more is a 413.</summary>
    public const int MaxOperations = 10_000;

    private static readonly string[] Texts = ["op", "path", "from"];

    private readonly ImmutableArray<JsonObject> operations;

    private JsonPatch(ImmutableArray<JsonObject> operations, IReadOnlyList<string> unknownFields)
    {
        this.operations = operations;
        UnknownFields = unknownFields;
    }

    /// <summary>Fields that no operation has, by path: <c>[0].foo</c>.</summary>
    public IReadOnlyList<string> UnknownFields { get; }

    /// <param name="document">The patch; it is kept.</param>
    public static JsonPatch Parse(JsonNode? document)
    {
        if (document is null) return new JsonPatch([], []);
        if (document is not JsonArray array) throw NotDecoded(document, "Go value of type []handlers.jsonPatchOp");
        var operations = ImmutableArray.CreateBuilder<JsonObject>(array.Count);
        List<string> unknown = [];
        for (var i = 0; i < array.Count; i++) operations.Add(Operation(array[i], i, unknown));
        if (array.Count > MaxOperations)
            throw PatchErrors.TooLarge($"Request entity too large: The allowed maximum operations in a JSON patch is {MaxOperations}, got {array.Count}");
        return new JsonPatch(operations.DrainToImmutable(), unknown);
    }

    /// <summary>Returns the patched document. <paramref name="target"/> is changed, also when an operation fails half way: hand over a copy.</summary>
    public JsonNode? Apply(JsonNode? target)
    {
        var document = new JsonPatchDocument(target);
        var budget = new PatchBudget();
        foreach (var operation in operations) Apply(document, operation, budget);
        return document.Root;
    }

    private static void Apply(JsonPatchDocument document, JsonObject operation, PatchBudget budget)
    {
        var value = operation["value"];
        switch (Text(operation, "op"))
        {
            case "add":
                budget.Spend(Text(operation, "path"), value);
                document.Add(Text(operation, "path"), value?.DeepClone());
                break;
            case "remove":
                document.Remove(Text(operation, "path"));
                break;
            case "replace":
                budget.Spend(Text(operation, "path"), value);
                document.Replace(Text(operation, "path"), value?.DeepClone());
                break;
            case "move":
                var moved = document.Get(Text(operation, "from"));
                document.Remove(Text(operation, "from"));
                budget.Spend(Text(operation, "path"), moved);
                document.Add(Text(operation, "path"), moved);
                break;
            case "copy":
                var copied = document.Get(Text(operation, "from"));
                budget.Spend(Text(operation, "path"), copied);
                document.Add(Text(operation, "path"), copied?.DeepClone());
                break;
            case "test":
                if (!JsonEquality.Equal(document.Tested(Text(operation, "path")), value)) throw PatchErrors.DoesNotApply();
                break;
            default:
                throw PatchErrors.DoesNotApply();
        }
    }

    private static JsonObject Operation(JsonNode? item, int index, List<string> unknown)
    {
        if (item is null) return [];
        if (item is not JsonObject operation) throw NotDecoded(item, "Go value of type handlers.jsonPatchOp");
        foreach (var (name, value) in operation)
        {
            if (Texts.Contains(name))
            {
                if (value is not null && value.GetValueKind() != System.Text.Json.JsonValueKind.String) throw NotDecoded(value, $"Go struct field jsonPatchOp.{name} of type string");
            }
            else if (name != "value")
            {
                unknown.Add($"[{index}].{name}");
            }
        }

        return operation;
    }

    private static string Text(JsonObject operation, string name) => (string?)operation[name] ?? throw PatchErrors.DoesNotApply();

    private static Errors.StatusException NotDecoded(JsonNode value, string into) =>
        PatchErrors.BadRequest($"error decoding patch: json: cannot unmarshal {PatchErrors.GoKind(value)} into {into}");
}

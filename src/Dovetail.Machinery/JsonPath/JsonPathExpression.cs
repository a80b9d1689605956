using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.JsonPath;

/// <summary>A path of kubectl's JSONPath dialect as printer columns use it, compiled once: <c>.spec.replicas</c>, <c>.a['b.c']</c>, <c>.a\.b</c>, <c>[0]</c>, <c>[-1]</c>, <c>[1:3]</c>, <c>[0,2]</c>,
/// <c>[*]</c>, <c>.*</c>, <c>..name</c>, <c>[?(@.type=='Ready')]</c>. What is missing is no error: it yields nothing. Braces around the path are allowed.</summary>
public sealed class JsonPathExpression
{
    /// <summary>Recursive steps multiply what they find; beyond this there is no column to show.</summary>
    private const int MaxResults = 100_000;

    private static readonly JsonDocumentOptions Stored = new() { MaxDepth = JsonObjectReader.StoredDepth };

    private readonly ImmutableArray<JsonPathStep> steps;

    private JsonPathExpression(string text, ImmutableArray<JsonPathStep> steps)
    {
        Text = text;
        this.steps = steps;
        // The common path of plain fields has one result at most and needs no list.
        Fields = steps.All(step => step is JsonPathStep.Field) ? [.. steps.Cast<JsonPathStep.Field>().Select(step => step.Name)] : default;
    }

    public string Text { get; }

    private ImmutableArray<string> Fields { get; }

    /// <exception cref="FormatException">Not a path of the dialect.</exception>
    public static JsonPathExpression Parse(string text)
    {
        var body = text.Trim();
        if (body.StartsWith('{') && body.EndsWith('}')) body = body[1..^1];
        return new JsonPathExpression(text, new JsonPathParser(body).ParsePath());
    }

    /// <summary>The first result, or false.</summary>
    public bool TryFirst(JsonElement root, out JsonElement result)
    {
        result = root;
        if (!Fields.IsDefault)
        {
            foreach (var field in Fields)
                if (result.ValueKind != JsonValueKind.Object || !result.TryGetProperty(field, out result)) return false;
            return true;
        }

        var all = Select(root);
        if (all.Count > 0) result = all[0];
        return all.Count > 0;
    }

    /// <summary>The first result in compact JSON, or false.</summary>
    internal bool TryFirst(CompactValue root, out CompactValue result)
    {
        result = Fields.IsDefault ? First(root) : root.At(Fields.AsSpan());
        return result.ValueKind != JsonValueKind.Undefined;
    }

    public IReadOnlyList<JsonElement> Select(JsonElement root) => Select(root, steps);

    /// <summary>Evaluates on a tree; results are copies.</summary>
    public IReadOnlyList<JsonNode?> Select(JsonNode? root)
    {
        using var document = JsonDocument.Parse(root?.ToJsonString() ?? "null", Stored);
        return [.. Select(document.RootElement).Select(Node)];
    }

    /// <summary>Evaluates on UTF-8 JSON; each result is its text as <see cref="Print(JsonElement)"/> gives it.</summary>
    public IReadOnlyList<string> Select(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, Stored);
        return [.. Select(document.RootElement).Select(Print)];
    }

    /// <summary>A value as kubectl prints it: strings bare, everything else as JSON.</summary>
    public static string Print(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        _ => value.GetRawText(),
    };

    /// <inheritdoc cref="Print(JsonElement)"/>
    internal static string Print(CompactValue value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        _ => value.GetRawText(),
    };

    public override string ToString() => Text;

    internal static List<JsonElement> Select(JsonElement root, ImmutableArray<JsonPathStep> steps)
    {
        var current = new List<JsonElement> { root };
        foreach (var step in steps)
        {
            var next = new List<JsonElement>();
            foreach (var element in current)
            {
                step.Select(element, next);
                if (next.Count > MaxResults) return [];
            }

            if (next.Count == 0) return next;
            current = next;
        }

        return current;
    }

    /// <summary>Steps that choose among many look at a document of the whole value.</summary>
    private CompactValue First(CompactValue root)
    {
        using var document = JsonDocument.Parse(root.Raw.ToArray(), Stored);
        return TryFirst(document.RootElement, out var found) ? new CompactText(JsonMarshal.GetRawUtf8Value(found).ToArray()).Root : default;
    }

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText(), documentOptions: Stored);
}

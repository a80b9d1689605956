using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Schemas;

/// <summary>A request's JSON as a tree.</summary>
/// <param name="DuplicateFields">Paths of fields that occur more than once in their object; the last one counts.</param>
public sealed record ReadJson(JsonNode? Root, IReadOnlyList<string> DuplicateFields);

/// <summary>Reads JSON into nodes that are complete (not lazily backed by the text), and notices duplicate fields.</summary>
public static class JsonObjectReader
{
    /// <exception cref="System.Text.Json.JsonException">The text is not one JSON value, or is nested too deeply.</exception>
    public static ReadJson Read(ReadOnlySpan<byte> utf8) => throw new NotSupportedException();
}

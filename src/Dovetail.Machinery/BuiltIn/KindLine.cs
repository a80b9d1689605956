using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Words of one line of a <see cref="KindSource"/> file: separated by blanks, except inside double quotes.</summary>
internal ref struct KindLine(ReadOnlySpan<char> line)
{
    private ReadOnlySpan<char> rest = line;

    /// <summary>The next word, "" at the end; a word that is only a quoted string loses its quotes.</summary>
    public string Next()
    {
        rest = rest.TrimStart(' ');
        var quoted = false;
        var length = 0;
        for (; length < rest.Length && (quoted || rest[length] != ' '); length++)
        {
            if (rest[length] == '"')
                quoted = !quoted;
        }
        var word = rest[..length];
        rest = rest[length..];
        return word is ['"', .. var inner, '"'] ? inner.ToString() : word.ToString();
    }

    public static Schema ApplyFlag(Schema schema, string flag)
    {
        var equals = flag.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw new InvalidDataException($"unknown flag {flag}");
        var value = flag[(equals + 1)..];
        var (word, argument) = SplitArgument(value);
        return flag[..equals] switch
        {
            "" => schema with { Default = Literal(value) },
            "enum" => schema with { Enum = Values(value) },
            "items-enum" when schema.Items is { } items => schema with { Items = items with { Enum = Values(value) } },
            "items-enum" when schema.AdditionalProperties is { } values => schema with { AdditionalProperties = values with { Enum = Values(value) } },
            "list" => schema with { ListType = Enum.Parse<ListType>(word, ignoreCase: true), ListMapKeys = argument.Length == 0 ? [] : [.. argument.Split(',')] },
            "map" => schema with { MapType = Enum.Parse<MapType>(word, ignoreCase: true) },
            "union" => schema with { Union = Union(word, argument) },
            "patch" => schema with { PatchStrategy = word, PatchMergeKey = argument },
            _ => throw new InvalidDataException($"unknown flag {flag}"),
        };
    }

    /// <summary><c>type(exempt:Exempt,limited:Limited)</c>; a dash for a union without discriminator.</summary>
    private static SchemaUnion Union(string discriminator, string fields)
    {
        var pairs = fields.Split(',').Select(static pair => pair.Split(':')).Select(static pair => (pair[0], pair[1]));
        return new(discriminator == "-" ? "" : discriminator, [.. pairs]);
    }

    private static (string Word, string Argument) SplitArgument(string value) =>
        value.IndexOf('(', StringComparison.Ordinal) is var open && open > 0 ? (value[..open], value[(open + 1)..^1]) : (value, "");

    private static ImmutableArray<JsonNode> Values(string value)
    {
        var values = ImmutableArray.CreateBuilder<JsonNode>();
        foreach (var item in value.Split('|'))
            values.Add(Literal(item));
        return values.ToImmutable();
    }

    /// <summary>JSON, or a bare word for a string.</summary>
    private static JsonNode Literal(string text) =>
        text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] is '{' or '[' or '"' || text is "true" or "false") ? JsonNode.Parse(text)! : JsonValue.Create(text);
}

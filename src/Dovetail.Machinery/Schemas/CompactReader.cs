using System.Buffers.Text;
using System.Text.Json;

namespace Dovetail.Machinery.Schemas;

/// <summary>Reads compact JSON (see <see cref="CompactJson"/>) token by token, in the way of a <see cref="Utf8JsonReader"/> without its checks: stored objects are valid. Whole values are skipped at the speed at which brackets are
/// found.</summary>
internal ref struct CompactReader(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> json = json;
    private int start;
    private int next;

    /// <summary>What <see cref="Read"/> came to.</summary>
    public JsonTokenType TokenType { get; private set; }

    /// <summary>A name or text without its quotes, escapes as they are written; of everything else the token.</summary>
    public readonly ReadOnlySpan<byte> ValueSpan => TokenType is JsonTokenType.PropertyName or JsonTokenType.String ? Token[1..^1] : Token;

    public readonly bool ValueIsEscaped => ValueSpan.Contains((byte)'\\');

    private readonly ReadOnlySpan<byte> Token => json[start..(TokenType == JsonTokenType.PropertyName ? next - 1 : next)];

    /// <summary>Goes to the next token; false at the end.</summary>
    public bool Read()
    {
        if (next >= json.Length) return false;
        if (json[next] == ',') next++;
        start = next;
        switch (json[start])
        {
            case (byte)'{':
                (TokenType, next) = (JsonTokenType.StartObject, start + 1);
                return true;
            case (byte)'}':
                (TokenType, next) = (JsonTokenType.EndObject, start + 1);
                return true;
            case (byte)'[':
                (TokenType, next) = (JsonTokenType.StartArray, start + 1);
                return true;
            case (byte)']':
                (TokenType, next) = (JsonTokenType.EndArray, start + 1);
                return true;
        }

        next = CompactJson.End(json, start);
        TokenType = json[start] switch
        {
            (byte)'"' => JsonTokenType.String,
            (byte)'t' => JsonTokenType.True,
            (byte)'f' => JsonTokenType.False,
            (byte)'n' => JsonTokenType.Null,
            _ => JsonTokenType.Number,
        };
        if (TokenType != JsonTokenType.String || next == json.Length || json[next] != ':') return true;
        TokenType = JsonTokenType.PropertyName;
        next++;
        return true;
    }

    /// <summary>Goes behind the value that the reader is at.</summary>
    public void Skip()
    {
        if (TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) next = CompactJson.End(json, start);
    }

    /// <summary>The bytes of the value that the reader is at; it goes behind it.</summary>
    public ReadOnlySpan<byte> Value()
    {
        Skip();
        return json[start..next];
    }

    public readonly bool TryGetInt64(out long value) => Utf8Parser.TryParse(ValueSpan, out value, out var length) && length == ValueSpan.Length;

    public readonly double GetDouble() => Utf8Parser.TryParse(ValueSpan, out double value, out _) ? value : 0;

    /// <summary>A name or text with its escapes resolved.</summary>
    public readonly string GetString() => Decoded().GetString()!;

    /// <summary>A text with its escapes resolved, in UTF-8; it is never longer than it is written.</summary>
    public readonly int CopyString(Span<byte> output) => Decoded().CopyString(output);

    public readonly bool TryGetDateTimeOffset(out DateTimeOffset time) => Decoded().TryGetDateTimeOffset(out time);

    private readonly Utf8JsonReader Decoded()
    {
        var reader = new Utf8JsonReader(Token);
        reader.Read();
        return reader;
    }
}

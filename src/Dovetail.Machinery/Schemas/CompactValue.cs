using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Dovetail.Machinery.Schemas;

/// <summary>One object's compact JSON (see <see cref="CompactJson"/>) in which many values are looked up. Where its metadata ends is found once: what follows lies behind it, and so much is in nothing else of most
/// objects.</summary>
internal sealed class CompactText
{
    private readonly byte[] json;
    private readonly int metadata;
    private readonly int metadataEnd;

    public CompactText(ReadOnlyMemory<byte> json)
    {
        this.json = MemoryMarshal.TryGetArray(json, out var array) && array.Count == array.Array!.Length ? array.Array : json.ToArray();
        metadata = CompactJson.Field(this.json, 0, "metadata"u8);
        metadataEnd = metadata < 0 ? -1 : CompactJson.End(this.json, metadata);
    }

    public ReadOnlySpan<byte> Json => json;

    public CompactValue Root => new(this, 0);

    /// <summary>The bytes of <c>metadata</c>'s value; an empty object when there is none.</summary>
    public ReadOnlySpan<byte> Metadata => metadata < 0 ? "{}"u8 : Json[metadata..metadataEnd];

    /// <summary>The index behind the value that begins at <paramref name="start"/>.</summary>
    public int End(int start) => start == metadata ? metadataEnd : CompactJson.End(json, start);
}

/// <summary>A value in compact JSON, read where it lies; the default is no value. What is missing on the way to a value is no error.</summary>
internal readonly struct CompactValue(CompactText text, int start)
{
    /// <summary>What names are written with as they are.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./");

    private readonly CompactText? text = text;

    public JsonValueKind ValueKind => text is null ? JsonValueKind.Undefined : Json[start] switch
    {
        (byte)'{' => JsonValueKind.Object,
        (byte)'[' => JsonValueKind.Array,
        (byte)'"' => JsonValueKind.String,
        (byte)'t' => JsonValueKind.True,
        (byte)'f' => JsonValueKind.False,
        (byte)'n' => JsonValueKind.Null,
        _ => JsonValueKind.Number,
    };

    /// <summary>Its bytes as they are written.</summary>
    public ReadOnlySpan<byte> Raw => text is null ? default : Json[start..text.End(start)];

    private ReadOnlySpan<byte> Json => text!.Json;

    private int Start => start;

    /// <summary>An element of a list; no value when it has not so many.</summary>
    public CompactValue this[int index]
    {
        get
        {
            foreach (var item in Items())
            {
                if (index-- == 0) return item;
            }

            return default;
        }
    }

    public CompactValue At(params ReadOnlySpan<string> path)
    {
        var value = this;
        foreach (var step in path) value = value.Field(step);
        return value;
    }

    /// <summary>"" when absent or no string.</summary>
    public string Text(params ReadOnlySpan<string> path) => At(path).GetString() ?? "";

    /// <summary>0 when absent or no integer.</summary>
    public long Number(params ReadOnlySpan<string> path) => At(path).TryGetInt64(out var value) ? value : 0;

    public bool Flag(params ReadOnlySpan<string> path) => At(path).ValueKind == JsonValueKind.True;

    public bool Has(params ReadOnlySpan<string> path) => At(path).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>How many elements or fields it has.</summary>
    public int Count(params ReadOnlySpan<string> path)
    {
        var found = At(path);
        var count = 0;
        if (found.ValueKind == JsonValueKind.Object) foreach (var _ in found.Entries()) count++;
        else foreach (var _ in found.Items()) count++;
        return count;
    }

    /// <summary>Nothing when absent or no list.</summary>
    public ItemEnumerator Items(params ReadOnlySpan<string> path) => new(At(path));

    /// <summary>Nothing when absent or no object.</summary>
    public EntryEnumerator Entries(params ReadOnlySpan<string> path) => new(At(path));

    /// <summary>Null when it is no string.</summary>
    public string? GetString() => ValueKind == JsonValueKind.String ? Unquoted(Raw) : null;

    public string GetRawText() => Encoding.UTF8.GetString(Raw);

    public bool TryGetInt64(out long value)
    {
        var raw = ValueKind == JsonValueKind.Number ? Raw : default;
        if (Utf8Parser.TryParse(raw, out value, out var length) && length == raw.Length) return true;
        value = 0;
        return false;
    }

    public double GetDouble() => Utf8Parser.TryParse(Raw, out double value, out _) ? value : 0;

    private CompactValue Field(string name)
    {
        if (ValueKind != JsonValueKind.Object) return default;
        var written = name.AsSpan().ContainsAnyExcept(Plain) ? CompactJson.Name(name) : null;
        foreach (var entry in Entries())
        {
            if (written is null ? Ascii.Equals(entry.RawName, name) : entry.RawName.SequenceEqual(written)) return entry.Value;
        }

        return default;
    }

    private static string Unquoted(ReadOnlySpan<byte> quoted)
    {
        if (!quoted.Contains((byte)'\\')) return Encoding.UTF8.GetString(quoted[1..^1]);
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        return reader.GetString()!;
    }

    /// <summary>A field of an object.</summary>
    public readonly struct Entry(CompactText text, int name, int value)
    {
        public string Name => Unquoted(text.Json[name..(value - 1)]);

        /// <summary>As it is written, escapes included.</summary>
        public ReadOnlySpan<byte> RawName => text.Json[(name + 1)..(value - 2)];

        public CompactValue Value => new(text, value);
    }

    public struct ItemEnumerator(CompactValue list)
    {
        private readonly CompactText? text = list.ValueKind == JsonValueKind.Array ? list.text : null;
        private int next = list.Start + 1;
        private int at;

        public readonly CompactValue Current => new(text!, at);

        public readonly ItemEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (text is null) return false;
            if (at > 0) next = text.End(at) + 1;
            var json = text.Json;
            if (json[next - 1] == ']' || json[next] == ']') return false;
            at = next;
            return true;
        }
    }

    public struct EntryEnumerator(CompactValue obj)
    {
        private readonly CompactText? text = obj.ValueKind == JsonValueKind.Object ? obj.text : null;
        private int next = obj.Start + 1;
        private int value;
        private int name;

        public readonly Entry Current => new(text!, name, value);

        public readonly EntryEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (text is null) return false;
            if (value > 0) next = text.End(value) + 1;
            var json = text.Json;
            if (json[next - 1] == '}' || json[next] == '}') return false;
            name = next;
            value = CompactJson.End(json, name) + 1;
            return true;
        }
    }
}

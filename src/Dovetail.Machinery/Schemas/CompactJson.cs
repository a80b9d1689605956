using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dovetail.Machinery.Schemas;

/// <summary>Finds values in JSON without decoding it. The text must be valid and without blanks between its tokens, as stored objects are: then a value ends where its brackets close, and nothing
/// else has to be understood. It is several times faster than a reader, which is what lists and watches of many objects are made of.</summary>
public static class CompactJson
{
    /// <summary>Where the value of a field of the object at <paramref name="start"/> begins; -1 when there is no object or no such field.</summary>
    /// <param name="json">The text.</param>
    /// <param name="start">Where a value begins.</param>
    /// <param name="name">The field's name as it is written, escapes included.</param>
    public static int Field(ReadOnlySpan<byte> json, int start, ReadOnlySpan<byte> name)
    {
        if (json[start] != '{' || json[start + 1] == '}') return -1;
        for (var at = start + 1; ; at++)
        {
            var nameEnd = End(json, at);
            if (json[(at + 1)..(nameEnd - 1)].SequenceEqual(name)) return nameEnd + 1;
            at = End(json, nameEnd + 1);
            if (json[at] != ',') return -1;
        }
    }

    /// <summary>A field's name as stored objects have it written.</summary>
    public static byte[] Name(string name) => JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.ToArray();

    /// <summary>The index behind the value that begins at <paramref name="start"/>.</summary>
    public static int End(ReadOnlySpan<byte> json, int start)
    {
        switch (json[start])
        {
            case (byte)'"':
                return EndOfText(json, start);
            case (byte)'{' or (byte)'[':
                return EndOfBrackets(json, start);
            default:
                var end = json[start..].IndexOfAny((byte)',', (byte)'}', (byte)']');
                return end < 0 ? json.Length : start + end;
        }
    }

    /// <summary>Most texts are short, where looking at each byte is faster than a vectorised search; a payload is not.</summary>
    private static int EndOfText(ReadOnlySpan<byte> json, int at)
    {
        const int Short = 24;
        for (var near = Math.Min(at + Short, json.Length); ++at < near;)
        {
            if (json[at] == '"') return at + 1;
            if (json[at] == '\\') at++;
        }

        while (true)
        {
            at += json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (json[at] == '"') return at + 1;
            at += 2;
        }
    }

    /// <summary>64 bytes at once: which of them are quotes and brackets are bits of a word, and brackets within texts are masked out.</summary>
    private static int EndOfBrackets(ReadOnlySpan<byte> json, int at)
    {
        var depth = 0;
        var (inText, afterBackslash) = (0UL, false);
        for (; json.Length - at >= Block.Bytes; at += Block.Bytes)
        {
            var block = new Block(json[at..]);
            var quotes = block.Quotes & ~Escaped(block.Backslashes, ref afterBackslash);
            var text = Fill(quotes) ^ inText;
            inText = (ulong)((long)text >> 63);
            var (opening, closing) = (block.Opening & ~text, block.Closing & ~text);
            if (BitOperations.PopCount(closing) < depth)
            {
                depth += BitOperations.PopCount(opening) - BitOperations.PopCount(closing);
                continue;
            }

            for (var brackets = opening | closing; brackets != 0; brackets &= brackets - 1)
            {
                var bit = brackets & (0 - brackets);
                if ((opening & bit) != 0) depth++;
                else if (--depth == 0) return at + BitOperations.TrailingZeroCount(bit) + 1;
            }
        }

        if (inText != 0) at = EndOfText(json, afterBackslash ? at : at - 1);
        return EndOfFewBrackets(json, at, depth);
    }

    private static int EndOfFewBrackets(ReadOnlySpan<byte> json, int at, int depth)
    {
        while (true)
        {
            switch (json[at])
            {
                case (byte)'"':
                    at = EndOfText(json, at);
                    continue;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                case (byte)'}' or (byte)']':
                    if (--depth == 0) return at + 1;
                    break;
            }

            at++;
        }
    }

    /// <summary>The characters that a backslash precedes which is not itself escaped.</summary>
    private static ulong Escaped(ulong backslashes, ref bool afterBackslash)
    {
        var escaped = afterBackslash ? 1UL : 0;
        backslashes &= ~escaped;
        afterBackslash = false;
        while (backslashes != 0)
        {
            var bit = backslashes & (0 - backslashes);
            afterBackslash = bit == 1UL << 63;
            escaped |= bit << 1;
            backslashes &= ~(bit | (bit << 1));
        }

        return escaped;
    }

    /// <summary>From each odd quote, itself included, up to the next: the inside of texts.</summary>
    private static ulong Fill(ulong quotes)
    {
        quotes ^= quotes << 1;
        quotes ^= quotes << 2;
        quotes ^= quotes << 4;
        quotes ^= quotes << 8;
        quotes ^= quotes << 16;
        return quotes ^ (quotes << 32);
    }

    /// <summary>Where the next 64 bytes have characters that structure JSON, a bit each.</summary>
    private readonly ref struct Block
    {
        public const int Bytes = 64;

        public readonly ulong Quotes;
        public readonly ulong Backslashes;
        public readonly ulong Opening;
        public readonly ulong Closing;

        private const byte BracketBit = 0x20; // [ and { differ in it alone, as do ] and }

        public Block(ReadOnlySpan<byte> json)
        {
            json = json[..Bytes];
            var (a, b, c, d) = (Vector128.Create(json), Vector128.Create(json[16..]), Vector128.Create(json[32..]), Vector128.Create(json[48..]));
            Quotes = Where('"', a, b, c, d);
            Backslashes = Where('\\', a, b, c, d);
            var bit = Vector128.Create(BracketBit);
            (a, b, c, d) = (a | bit, b | bit, c | bit, d | bit);
            Opening = Where('{', a, b, c, d);
            Closing = Where('}', a, b, c, d);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static ulong Where(char wanted, Vector128<byte> a, Vector128<byte> b, Vector128<byte> c, Vector128<byte> d)
        {
            var all = Vector128.Create((byte)wanted);
            return Vector128.Equals(a, all).ExtractMostSignificantBits()
                | ((ulong)Vector128.Equals(b, all).ExtractMostSignificantBits() << 16)
                | ((ulong)Vector128.Equals(c, all).ExtractMostSignificantBits() << 32)
                | ((ulong)Vector128.Equals(d, all).ExtractMostSignificantBits() << 48);
        }
    }
}

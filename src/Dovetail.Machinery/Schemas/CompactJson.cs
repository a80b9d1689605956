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

    private static int EndOfBrackets(ReadOnlySpan<byte> json, int at)
    {
        for (var depth = 0; ;)
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
}

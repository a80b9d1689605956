using System.Text;

namespace Dovetail.Machinery.Schemas;

/// <summary>What Go's JSON decoder says of a text that is no JSON; clients and their tests know these sentences.</summary>
public static class GoJsonError
{
    private const int MaxDepth = 10_000;

    /// <summary>Null when the text is one JSON value.</summary>
    public static string? Of(ReadOnlySpan<byte> text)
    {
        var scan = new Scan(text);
        return scan.Document();
    }

    private ref struct Scan(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> text = text;
        private int at;
        private int depth;

        public string? Document() => Value() ?? (Blank() ? null : Bad("after top-level value"));

        private string? Value()
        {
            if (Blank()) return End;
            switch (text[at])
            {
                case (byte)'{':
                    return Object();
                case (byte)'[':
                    return Array();
                case (byte)'"':
                    return String();
                case (byte)'t':
                    return Word("true"u8);
                case (byte)'f':
                    return Word("false"u8);
                case (byte)'n':
                    return Word("null"u8);
                case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                    return Number();
                default:
                    return Bad("looking for beginning of value");
            }
        }

        private string? Object()
        {
            if (++depth > MaxDepth) return "exceeded max depth";
            at++;
            if (Blank()) return End;
            if (text[at] == '}') return Close();
            while (true)
            {
                if (Blank()) return End;
                if (text[at] != '"') return Bad("looking for beginning of object key string");
                if (String() is { } wrong) return wrong;
                if (Blank()) return End;
                if (text[at] != ':') return Bad("after object key");
                at++;
                if (Value() is { } bad) return bad;
                if (Blank()) return End;
                if (text[at] == '}') return Close();
                if (text[at] != ',') return Bad("after object key:value pair");
                at++;
            }
        }

        private string? Array()
        {
            if (++depth > MaxDepth) return "exceeded max depth";
            at++;
            if (Blank()) return End;
            if (text[at] == ']') return Close();
            while (true)
            {
                if (Value() is { } bad) return bad;
                if (Blank()) return End;
                if (text[at] == ']') return Close();
                if (text[at] != ',') return Bad("after array element");
                at++;
            }
        }

        private string? Close()
        {
            at++;
            depth--;
            return null;
        }

        private string? String()
        {
            for (at++; at < text.Length; at++)
            {
                switch (text[at])
                {
                    case (byte)'"':
                        at++;
                        return null;
                    case (byte)'\\':
                        if (++at == text.Length) return End;
                        if (!"bfnrt\\/\"u"u8.Contains(text[at])) return Bad("in string escape code");
                        if (text[at] != 'u') break;
                        for (var i = 0; i < 4; i++)
                        {
                            if (++at == text.Length) return End;
                            if (!char.IsAsciiHexDigit((char)text[at])) return Bad("in \\u hexadecimal character escape");
                        }

                        break;
                    case < 0x20:
                        return Bad("in string literal");
                }
            }

            return End;
        }

        private string? Word(ReadOnlySpan<byte> word)
        {
            for (var i = 1; i < word.Length; i++)
            {
                if (++at == text.Length) return End;
                if (text[at] != word[i]) return Bad($"in literal {Encoding.ASCII.GetString(word)} (expecting '{(char)word[i]}')");
            }

            at++;
            return null;
        }

        private string? Number()
        {
            if (text[at] == '-' && (++at == text.Length || !Digit())) return at == text.Length ? End : Bad("in numeric literal");
            if (text[at++] != '0') Digits();
            if (at < text.Length && text[at] == '.')
            {
                if (++at == text.Length) return End;
                if (!Digit()) return Bad("after decimal point in numeric literal");
                Digits();
            }

            if (at < text.Length && text[at] is (byte)'e' or (byte)'E')
            {
                if (++at < text.Length && text[at] is (byte)'+' or (byte)'-') at++;
                if (at == text.Length) return End;
                if (!Digit()) return Bad("in exponent of numeric literal");
                Digits();
            }

            return null;
        }

        private readonly bool Digit() => text[at] is >= (byte)'0' and <= (byte)'9';

        private void Digits()
        {
            while (at < text.Length && Digit()) at++;
        }

        /// <summary>Skips blanks; true at the end of the text.</summary>
        private bool Blank()
        {
            while (at < text.Length && text[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
            return at == text.Length;
        }

        private static string End => "unexpected end of JSON input";

        /// <summary>Go looks at single bytes, so one beyond ASCII is shown as the Latin-1 character of its number.</summary>
        private readonly string Bad(string where) => $"invalid character {Quoted(text[at])} {where}";

        private static string Quoted(byte c) => c switch
        {
            (byte)'\'' => "'\\''",
            (byte)'"' => "'\"'",
            (byte)'\n' => "'\\n'",
            (byte)'\r' => "'\\r'",
            (byte)'\t' => "'\\t'",
            (byte)'\\' => "'\\\\'",
            0x07 => "'\\a'",
            0x08 => "'\\b'",
            0x0b => "'\\v'",
            0x0c => "'\\f'",
            < 0x20 or 0x7f or (>= 0x80 and <= 0xa0) or 0xad => c < 0x80 ? $"'\\x{c:x2}'" : $"'\\u{c:x4}'",
            _ => $"'{(char)c}'",
        };
    }
}

using System.Buffers;
using System.Text;

namespace Dovetail.Machinery.Patterns;

/// <summary>Reads what stands for one character: bracketed classes, classes with names, and escapes.</summary>
internal sealed class ClassReader(string pattern, int position, PatternFlags flags)
{
    public static readonly SearchValues<char> WordCharacters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>Ranges that the classes of one pattern may have together with what they name.</summary>
    private const int MaxRanges = 100_000;

    public int Position { get; private set; } = position;

    private bool Folds => flags.HasFlag(PatternFlags.FoldCase);

    /// <summary><c>[^a-z\d[:alpha:]]</c>.</summary>
    public int[] Bracketed()
    {
        var start = Position++;
        var negated = Next == '^';
        if (negated)
            Position++;
        var set = new CharacterSet();
        for (var first = true; first || Next != ']'; first = false)
        {
            if ((Posix() ?? Named()) is { } named)
                set.Add(named);
            else
                Range(set, start);
            if (set.Count > MaxRanges)
                throw Faults.TooLarge(pattern);
        }
        Position++;
        return negated ? CharacterSet.Negate(set.Sorted()) : set.Sorted();
    }

    /// <summary><c>\d</c>, <c>\pL</c>, <c>\P{Greek}</c>; null when something else comes.</summary>
    public int[]? Named()
    {
        if (Next != '\\' || Position + 1 >= pattern.Length)
            return null;
        var name = pattern[Position + 1];
        if (name is 'p' or 'P')
            return Unicode();
        if (name is not ('d' or 'D' or 's' or 'S' or 'w' or 'W'))
            return null;
        Position += 2;
        return Group(NamedClasses.Perl(char.ToLowerInvariant(name)), char.IsAsciiLetterUpper(name));
    }

    /// <summary>The character that an escape stands for.</summary>
    public int Escape()
    {
        var start = Position++;
        if (Position >= pattern.Length)
            throw Faults.TrailingBackslash();
        var rune = Take();
        switch (rune)
        {
            case >= '1' and <= '7' when Next is >= '0' and <= '7':
            case '0':
                var octal = rune - '0';
                for (var i = 1; i < 3 && Next is >= '0' and <= '7'; i++)
                    octal = octal * 8 + Take() - '0';
                return octal;
            case 'x' when Position < pattern.Length && Hexadecimal() is { } code:
                return code;
            case 'a': return '\a';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'v': return '\v';
            case < 0x80 when !char.IsAsciiLetterOrDigit((char)rune):
                return rune;
            default:
                throw Faults.InvalidEscape(pattern[start..Position]);
        }
    }

    private char Next => Position < pattern.Length ? pattern[Position] : '\uFFFF';

    private int Take()
    {
        var rune = Rune.GetRuneAt(pattern, Position);
        Position += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private void Range(CharacterSet set, int start)
    {
        var from = Position;
        var first = Character(start);
        var last = first;
        if (Next == '-' && Position + 1 < pattern.Length && pattern[Position + 1] != ']')
        {
            Position++;
            last = Character(start);
            if (last < first)
                throw Faults.InvalidCharacterRange(pattern[from..Position]);
        }
        if (Folds)
            set.AddFolded(first, last);
        else
            set.Add(first, last);
    }

    private int Character(int start)
    {
        if (Position >= pattern.Length)
            throw Faults.MissingBracket(pattern[start..]);
        return pattern[Position] == '\\' ? Escape() : Take();
    }

    /// <summary><c>[:alpha:]</c> or <c>[:^alpha:]</c>, within brackets.</summary>
    private int[]? Posix()
    {
        if (!pattern.AsSpan(Position).StartsWith("[:", StringComparison.Ordinal))
            return null;
        var end = pattern.IndexOf(":]", Position + 2, StringComparison.Ordinal);
        if (end < 0)
            return null;
        var name = pattern[(Position + 2)..end];
        var negated = name.StartsWith('^');
        var found = NamedClasses.OfPosix(negated ? name[1..] : name) ?? throw Faults.InvalidCharacterRange(pattern[Position..(end + 2)]);
        Position = end + 2;
        return Group(found, negated);
    }

    private int[] Unicode()
    {
        var start = Position;
        var negated = pattern[start + 1] == 'P';
        Position += 2;
        if (Position >= pattern.Length)
            throw Faults.InvalidCharacterRange(pattern[start..]);
        string name;
        if (Next == '{')
        {
            var end = pattern.IndexOf('}', Position);
            if (end < 0)
                throw Faults.InvalidCharacterRange(pattern[start..]);
            name = pattern[(Position + 1)..end];
            Position = end + 1;
        }
        else
        {
            Take();
            name = pattern[(start + 2)..Position];
        }
        if (name.StartsWith('^'))
            (negated, name) = (!negated, name[1..]);
        return Group(NamedClasses.OfUnicode(name) ?? throw Faults.InvalidCharacterRange(pattern[start..Position]), negated);
    }

    private int[] Group(int[] ranges, bool negated)
    {
        if (Folds)
            ranges = new CharacterSet().AddFolded(ranges).Sorted();
        return negated ? CharacterSet.Negate(ranges) : ranges;
    }

    /// <summary>What follows <c>\x</c>: two digits, or any number in braces; null when neither does.</summary>
    private int? Hexadecimal()
    {
        var first = Take();
        if (first != '{')
        {
            if (Position >= pattern.Length)
                return null;
            var second = Take();
            return Digit(first) is { } high && Digit(second) is { } low ? high * 16 + low : null;
        }
        var code = 0;
        for (var digits = 0; Position < pattern.Length; digits++)
        {
            var rune = Take();
            if (rune == '}')
                return digits > 0 ? code : null;
            if (Digit(rune) is not { } digit || (code = code * 16 + digit) > CharacterSet.Last)
                return null;
        }
        return null;
    }

    private static int? Digit(int rune) => rune < 0x80 && char.IsAsciiHexDigit((char)rune) ? Convert.ToInt32(((char)rune).ToString(), 16) : null;
}

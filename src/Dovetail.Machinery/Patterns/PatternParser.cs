using System.Text;

namespace Dovetail.Machinery.Patterns;

/// <summary>Reads patterns as Go's <c>regexp/syntax</c> does with its Perl flags, and refuses them in its words.</summary>
internal sealed class PatternParser
{
    /// <summary>Instructions of one pattern, which bound what a character of a text can cost. Go allows some hundred times more.</summary>
    private const int MaxSize = 20_000;
    private const int MaxHeight = 1000;
    private const int MaxRepeat = 1000;

    private readonly string pattern;
    private readonly Stack<Frame> outer = new();
    private Frame frame = new(PatternFlags.OneLine, false);
    private PatternFlags flags = PatternFlags.OneLine;
    private int at;

    /// <summary>Where the repetition began that was read last; -1 when something else came after it.</summary>
    private int lastRepeat = -1;

    private PatternParser(string pattern)
    {
        this.pattern = pattern;
    }

    /// <exception cref="GoPatternException">Go refuses the pattern, or it is larger than this server takes.</exception>
    public static PatternNode Parse(string pattern) => new PatternParser(pattern).Read();

    /// <summary>What is open: the pattern itself or a group; the flags come back at its end.</summary>
    private sealed class Frame(PatternFlags flags, bool captures)
    {
        private readonly List<PatternNode> choices = [];

        public PatternFlags Flags => flags;

        public List<PatternNode> Items { get; } = [];

        public void NextChoice()
        {
            choices.Add(PatternNode.Concat(Items));
            Items.Clear();
        }

        public PatternNode Close()
        {
            NextChoice();
            var node = PatternNode.Alternate(choices);
            return captures ? PatternNode.Group(node) : node;
        }
    }

    private PatternNode Read()
    {
        while (at < pattern.Length)
        {
            var repeat = -1;
            switch (pattern[at])
            {
                case '(':
                    Open();
                    break;
                case '|':
                    frame.NextChoice();
                    at++;
                    break;
                case ')':
                    Close();
                    break;
                case '^':
                    Assert(flags.HasFlag(PatternFlags.OneLine) ? Place.BeginText : Place.BeginLine, 1);
                    break;
                case '$':
                    Assert(flags.HasFlag(PatternFlags.OneLine) ? Place.EndText : Place.EndLine, 1);
                    break;
                case '.':
                    Push(flags.HasFlag(PatternFlags.DotNewLine) ? [0, CharacterSet.Last] : [0, '\n' - 1, '\n' + 1, CharacterSet.Last]);
                    at++;
                    break;
                case '[':
                    var reader = new ClassReader(pattern, at, flags);
                    Push(reader.Bracketed());
                    at = reader.Position;
                    break;
                case '*' or '+' or '?':
                    repeat = at++;
                    Repeat(pattern[repeat] == '+' ? 1 : 0, pattern[repeat] == '?' ? 1 : -1, repeat, counted: false);
                    break;
                case '{' when Counts(out var min, out var max, out var end):
                    repeat = at;
                    at = end;
                    if (min is < 0 or > MaxRepeat || max > MaxRepeat || (max >= 0 && min > max))
                        throw Faults.InvalidRepeatSize(pattern[repeat..end]);
                    Repeat(min, max, repeat, counted: true);
                    break;
                case '\\':
                    Escaped();
                    break;
                default:
                    Literal(Rune.GetRuneAt(pattern, at).Value);
                    at += Rune.GetRuneAt(pattern, at).Utf16SequenceLength;
                    break;
            }
            lastRepeat = repeat;
        }
        if (outer.Count > 0)
            throw Faults.MissingParen(pattern);
        return Bounded(frame.Close());
    }

    private void Push(int[] ranges) => frame.Items.Add(new PatternNode.Class(ranges));

    private void Literal(int rune) =>
        Push(flags.HasFlag(PatternFlags.FoldCase) ? new CharacterSet().AddFolded(rune, rune).Sorted() : [rune, rune]);

    private void Assert(Place place, int length)
    {
        frame.Items.Add(new PatternNode.Assertion(place));
        at += length;
    }

    private PatternNode Bounded(PatternNode node)
    {
        if (node.Size > MaxSize)
            throw Faults.TooLarge(pattern);
        if (node.Height > MaxHeight)
            throw Faults.TooDeep(pattern);
        return node;
    }

    private void Repeat(int min, int max, int start, bool counted)
    {
        if (at < pattern.Length && pattern[at] == '?')
            at++;
        if (lastRepeat >= 0)
            throw Faults.InvalidRepeatOp(pattern[lastRepeat..at]);
        if (frame.Items.Count == 0)
            throw Faults.MissingRepeatArgument(pattern[start..at]);
        var node = PatternNode.Repeat(frame.Items[^1], min, max, counted);
        if (counted && (min >= 2 || max >= 2) && node.Repeats > MaxRepeat)
            throw Faults.InvalidRepeatSize(pattern[start..at]);
        frame.Items[^1] = Bounded(node);
    }

    /// <summary><c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c>; anything else is a brace. A number that is far too large reads as -1.</summary>
    private bool Counts(out int min, out int max, out int end)
    {
        (min, max, end) = (0, 0, at + 1);
        if (!Number(ref end, out min) || end >= pattern.Length)
            return false;
        max = min;
        if (pattern[end] == ',')
        {
            end++;
            if (end >= pattern.Length)
                return false;
            if (pattern[end] == '}')
                max = -1;
            else if (!Number(ref end, out max))
                return false;
            else if (max < 0)
                min = -1;
        }
        return end < pattern.Length && pattern[end++] == '}';
    }

    private bool Number(ref int position, out int number)
    {
        number = 0;
        var start = position;
        while (position < pattern.Length && char.IsAsciiDigit(pattern[position]))
        {
            number = number is < 0 or >= 100_000_000 ? -1 : number * 10 + pattern[position] - '0';
            position++;
        }
        return position > start && (position == start + 1 || pattern[start] != '0');
    }

    private void Open()
    {
        if (at + 1 < pattern.Length && pattern[at + 1] == '?')
        {
            OpenWithFlags();
            return;
        }
        outer.Push(frame);
        frame = new(flags, captures: true);
        at++;
    }

    private void Close()
    {
        if (outer.Count == 0)
            throw Faults.UnexpectedParen(pattern);
        var node = Bounded(frame.Close());
        flags = frame.Flags;
        frame = outer.Pop();
        frame.Items.Add(node);
        at++;
    }

    private void OpenWithFlags()
    {
        var named = pattern.AsSpan(at);
        if ((named.Length > 4 && named[2] == 'P' && named[3] == '<') || (named.Length > 3 && named[2] == '<'))
        {
            var start = named[2] == 'P' ? 4 : 3;
            var end = named.IndexOf('>');
            if (end < 0)
                throw Faults.InvalidNamedCapture(pattern[at..]);
            var name = named[Math.Min(start, end)..end];
            if (name.IsEmpty || name.ContainsAnyExcept(ClassReader.WordCharacters))
                throw Faults.InvalidNamedCapture(pattern[at..(at + end + 1)]);
            outer.Push(frame);
            frame = new(flags, captures: true);
            at += end + 1;
            return;
        }
        var begin = at;
        at += 2;
        var (changed, negative, saw) = (flags, false, false);
        while (at < pattern.Length)
        {
            var c = pattern[at];
            at += char.IsHighSurrogate(c) ? 2 : 1;
            switch (c)
            {
                case 'i' or 'm' or 's' or 'U':
                    // ^ and $ are of lines when the flag "one line" is off.
                    var flag = c switch { 'i' => PatternFlags.FoldCase, 'm' => PatternFlags.OneLine, 's' => PatternFlags.DotNewLine, _ => PatternFlags.None };
                    changed = (c == 'm') == negative ? changed | flag : changed & ~flag;
                    saw = true;
                    continue;
                case '-' when !negative:
                    (negative, saw) = (true, false);
                    continue;
                case ':' or ')' when saw || !negative:
                    if (c == ':')
                    {
                        outer.Push(frame);
                        frame = new(flags, captures: false);
                    }
                    flags = changed;
                    return;
                default:
                    throw Faults.InvalidPerlOp(pattern[begin..at]);
            }
        }
        throw Faults.InvalidPerlOp(pattern[begin..]);
    }

    private void Escaped()
    {
        switch (at + 1 < pattern.Length ? pattern[at + 1] : '\0')
        {
            case 'A':
                Assert(Place.BeginText, 2);
                return;
            case 'z':
                Assert(Place.EndText, 2);
                return;
            case 'b':
                Assert(Place.WordBoundary, 2);
                return;
            case 'B':
                Assert(Place.NoWordBoundary, 2);
                return;
            case 'C':
                throw Faults.InvalidEscape(pattern[at..(at + 2)]);
            case 'Q':
                Quoted();
                return;
            default:
                break;
        }
        var reader = new ClassReader(pattern, at, flags);
        if (reader.Named() is { } ranges)
            Push(ranges);
        else
            Literal(reader.Escape());
        at = reader.Position;
    }

    private void Quoted()
    {
        var end = pattern.IndexOf("\\E", at + 2, StringComparison.Ordinal);
        var text = pattern.AsSpan(at + 2, (end < 0 ? pattern.Length : end) - at - 2);
        foreach (var rune in text.EnumerateRunes())
            Literal(rune.Value);
        at = end < 0 ? pattern.Length : end + 2;
    }
}

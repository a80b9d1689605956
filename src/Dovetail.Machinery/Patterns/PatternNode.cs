using System.Collections.Immutable;

namespace Dovetail.Machinery.Patterns;

/// <summary>Places between characters that a pattern can ask for.</summary>
internal enum Place
{
    BeginText,
    EndText,
    BeginLine,
    EndLine,
    WordBoundary,
    NoWordBoundary,
}

/// <summary>A parsed pattern.</summary>
internal abstract record PatternNode
{
    private PatternNode()
    {
    }

    /// <summary>Levels of nesting, this one included.</summary>
    public int Height { get; private init; } = 1;

    /// <summary>Instructions that it compiles to, about.</summary>
    public long Size { get; private init; } = 1;

    /// <summary>How often the innermost part of counted repetitions in each other is repeated.</summary>
    public long Repeats { get; private init; } = 1;

    public static PatternNode Empty { get; } = new Concatenation([]);

    public static PatternNode Concat(IReadOnlyList<PatternNode> parts) => parts.Count == 1 ? parts[0] : parts.Count == 0 ? Empty : new Concatenation([.. parts])
    {
        Height = 1 + parts.Max(static p => p is Class ? 0 : p.Height),
        Size = parts.Sum(static p => p.Size),
        Repeats = parts.Max(static p => p.Repeats),
    };

    public static PatternNode Alternate(IReadOnlyList<PatternNode> choices) => choices.Count == 1 ? choices[0] : new Alternation([.. choices])
    {
        Height = 1 + choices.Max(static p => p.Height),
        Size = choices.Sum(static p => p.Size) + choices.Count - 1,
        Repeats = choices.Max(static p => p.Repeats),
    };

    public static PatternNode Group(PatternNode inner) => new Capture(inner) { Height = inner.Height + 1, Size = inner.Size + 2, Repeats = inner.Repeats };

    /// <param name="max">-1 when there is no end.</param>
    /// <param name="counted">Whether it was written with numbers.</param>
    public static PatternNode Repeat(PatternNode inner, int min, int max, bool counted) => new Repetition(inner, min, max)
    {
        Height = inner.Height + 1,
        Size = Math.Max(1, max < 0 ? 2 + Math.Max(1, min) * inner.Size : max * inner.Size + max - min),
        Repeats = !counted ? inner.Repeats : max == 0 ? 1 : Math.Max(1, max < 0 ? min : max) * inner.Repeats,
    };

    /// <summary>One character of a class: first and last of each range, in order.</summary>
    public sealed record Class(int[] Ranges) : PatternNode;

    public sealed record Assertion(Place Place) : PatternNode;

    public sealed record Concatenation(ImmutableArray<PatternNode> Parts) : PatternNode;

    public sealed record Alternation(ImmutableArray<PatternNode> Choices) : PatternNode;

    public sealed record Capture(PatternNode Inner) : PatternNode;

    public sealed record Repetition(PatternNode Inner, int Min, int Max) : PatternNode;
}

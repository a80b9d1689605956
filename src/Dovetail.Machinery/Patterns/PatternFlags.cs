namespace Dovetail.Machinery.Patterns;

/// <summary>What <c>(?ims)</c> changes. <c>U</c>, which makes repetitions lazy, changes no answer to whether there is a match.</summary>
[Flags]
internal enum PatternFlags
{
    None = 0,
    FoldCase = 1,

    /// <summary><c>^</c> and <c>$</c> are the ends of the text; <c>m</c> takes this away.</summary>
    OneLine = 2,

    /// <summary><c>.</c> is a line's end, too.</summary>
    DotNewLine = 4,
}

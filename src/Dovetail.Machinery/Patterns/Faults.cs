namespace Dovetail.Machinery.Patterns;

/// <summary>The refusals of Go's <c>regexp/syntax</c>, each with the part of the pattern that it shows.</summary>
internal static class Faults
{
    public static GoPatternException InvalidCharacterRange(string part) => Fault("invalid character class range", part);

    public static GoPatternException InvalidEscape(string part) => Fault("invalid escape sequence", part);

    public static GoPatternException InvalidNamedCapture(string part) => Fault("invalid named capture", part);

    public static GoPatternException InvalidPerlOp(string part) => Fault("invalid or unsupported Perl syntax", part);

    public static GoPatternException InvalidRepeatOp(string part) => Fault("invalid nested repetition operator", part);

    public static GoPatternException InvalidRepeatSize(string part) => Fault("invalid repeat count", part);

    public static GoPatternException MissingBracket(string part) => Fault("missing closing ]", part);

    public static GoPatternException MissingParen(string part) => Fault("missing closing )", part);

    public static GoPatternException MissingRepeatArgument(string part) => Fault("missing argument to repetition operator", part);

    public static GoPatternException TrailingBackslash() => Fault("trailing backslash at end of expression", "");

    public static GoPatternException UnexpectedParen(string part) => Fault("unexpected )", part);

    public static GoPatternException TooDeep(string part) => Fault("expression nests too deeply", part);

    public static GoPatternException TooLarge(string part) => Fault("expression too large", part);

    private static GoPatternException Fault(string what, string part) => new($"error parsing regexp: {what}: `{part}`");
}

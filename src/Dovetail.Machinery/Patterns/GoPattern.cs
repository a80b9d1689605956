namespace Dovetail.Machinery.Patterns;

/// <summary>A pattern that Go's <c>regexp</c> refuses; the message is Go's own: <c>error parsing regexp: missing closing ): `(a`</c>.</summary>
public sealed class GoPatternException(string message) : Exception(message);

/// <summary>A regular expression in the syntax and with the meaning of Go's <c>regexp</c> package (RE2 with Perl's flags and classes): code points, ASCII classes, simple case folding.
/// Matching takes time linear in the text. What is compiled is shared and bounded, so that a definition full of huge patterns costs no more than its text.</summary>
public sealed class GoPattern
{
    /// <summary>Instructions of all compiled patterns that are kept for the next match.</summary>
    private const int KeptInstructions = 2_000_000;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, PatternProgram> Kept = new(StringComparer.Ordinal);
    private static long kept;

    private readonly WeakReference<PatternProgram?> program = new(null);

    private GoPattern(string text)
    {
        Text = text;
    }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    /// <exception cref="GoPatternException">Go refuses the pattern.</exception>
    public static GoPattern Parse(string text)
    {
        PatternParser.Parse(text);
        return new(text);
    }

    /// <summary>Whether the pattern matches somewhere in the text.</summary>
    public bool IsMatch(string text) => (program.TryGetTarget(out var known) ? known : Compiled()).IsMatch(text);

    public override string ToString() => Text;

    private PatternProgram Compiled()
    {
        lock (Gate)
        {
            if (!Kept.TryGetValue(Text, out var made))
            {
                made = PatternCompiler.Compile(PatternParser.Parse(Text));
                kept += made.Length;
                if (kept > KeptInstructions)
                {
                    Kept.Clear();
                    kept = made.Length;
                }
                Kept.Add(Text, made);
            }
            program.SetTarget(made);
            return made;
        }
    }
}

using System.Text;

namespace Dovetail.Cli.Why;

/// <summary>A cause chain as text: one object a line, what it rests on below it, the next step behind an arrow.</summary>
internal static class CauseTree
{
    public static string Render(Cause root)
    {
        var text = new StringBuilder();
        Append(text, root, "", "");
        return text.ToString();
    }

    /// <param name="text">Where it goes.</param>
    /// <param name="cause">The link.</param>
    /// <param name="first">What stands before its line.</param>
    /// <param name="rest">What stands before every line below it.</param>
    private static void Append(StringBuilder text, Cause cause, string first, string rest)
    {
        text.Append(first).Append(cause.Object).Append(": ").Append(cause.Message).Append('\n');
        if (cause.NextStep is { } next) text.Append(rest).Append(cause.Because.IsEmpty ? "   " : "│  ").Append("→ ").Append(next).Append('\n');
        for (var i = 0; i < cause.Because.Length; i++)
        {
            var last = i == cause.Because.Length - 1;
            Append(text, cause.Because[i], rest + (last ? "└─ " : "├─ "), rest + (last ? "   " : "│  "));
        }
    }
}

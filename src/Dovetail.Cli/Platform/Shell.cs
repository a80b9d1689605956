namespace Dovetail.Cli.Platform;

/// <summary>Words of commands that users copy.</summary>
internal static class Shell
{
    /// <summary>The word as a shell takes it; as it is when nothing in it means anything to a shell.</summary>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+:=@%,".Contains(c)) ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

using System.Diagnostics;

namespace Dovetail.Launcher.Prepare;

/// <summary>Runs a program to its end.</summary>
internal static class Tool
{
    /// <returns>The exit code and what was printed on either stream, shortened.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, IEnumerable<string> arguments, CancellationToken ct)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        process.Start();
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = await process.StandardError.ReadToEndAsync(ct).ConfigureAwait(false);
            var text = (errors + await output.ConfigureAwait(false)).Trim();
            await process.WaitForExitAsync(ct).ConfigureAwait(false);
            return (process.ExitCode, text.Length > 1000 ? text[..1000] + "…" : text);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}

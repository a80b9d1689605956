using System.Diagnostics;

namespace Dovetail.Node.Host;

/// <summary>What a host tool answered.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public bool Ok => ExitCode == 0;
}

/// <summary>A host tool failed: what was asked of it and what it said.</summary>
internal sealed class ToolException(string command, ToolResult result)
    : IOException($"`{command}` failed with exit code {result.ExitCode}: {Said(result)}")
{
    public ToolResult Result { get; } = result;

    private static string Said(ToolResult result)
    {
        var said = (result.Error.Length > 0 ? result.Error : result.Output).Trim();
        return said.Length <= 1000 ? said : said[..1000] + "…";
    }
}

/// <summary>Runs the host's small tools (ip, nft, CNI plugins). Each call is bounded in time; a tool that hangs is killed.</summary>
internal static class Tool
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Runs and returns the standard output; throws <see cref="ToolException"/> when the exit code is not 0.</summary>
    public static async Task<string> RunAsync(string file, string[] arguments, CancellationToken ct, string input = "")
    {
        var result = await TryRunAsync(file, arguments, ct, input);
        return result.Ok ? result.Output : throw new ToolException($"{file} {string.Join(' ', arguments)}", result);
    }

    public static async Task<ToolResult> TryRunAsync(
        string file, string[] arguments, CancellationToken ct, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        if (environment is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in environment) start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new IOException($"could not start {file}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await WriteInputAsync(process, input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new ToolResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            return new ToolResult(-1, "", $"no answer within {Limit.TotalSeconds:0} s");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task WriteInputAsync(Process process, string input, CancellationToken ct)
    {
        try
        {
            if (input.Length > 0) await process.StandardInput.WriteAsync(input.AsMemory(), ct);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool ended without reading its input; its exit code and error output tell why.
        }
    }
}

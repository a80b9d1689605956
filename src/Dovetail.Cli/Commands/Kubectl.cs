using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Commands;

/// <summary>
/// Finds a kubectl that works, and brings one along when there is none: a newer Debian release's, through the machine's own mirror.
/// Debian 12's 1.20 counts as none: it dies at the first custom resource.
/// </summary>
internal static class Kubectl
{
    private const int OldestMinor = 24;

    /// <summary>A usable kubectl: from PATH, or the one brought along; null when there is neither.</summary>
    public static async Task<string?> FindAsync(DataDirectory data, CancellationToken ct)
    {
        if (await IsUsableAsync("kubectl", ct)) return "kubectl";
        var own = Path.Combine(data.Tools, "kubectl");
        return File.Exists(own) && await IsUsableAsync(own, ct) ? own : null;
    }

    /// <summary>Brings one along when <see cref="FindAsync"/> finds none. Without a mirror it says what to do and goes on: the platform works without it.</summary>
    public static async Task EnsureAsync(DataDirectory data, string root, Progress progress, CancellationToken ct)
    {
        if (await FindAsync(data, ct) is not null) return;
        Directory.CreateDirectory(data.Tools);
        var failed = await progress.RunAsync("fetching kubectl", async () =>
        {
            using var process = Process.Start(new ProcessStartInfo(Path.Combine(root, "eng", "fetch-kubectl"), [data.Tools]) { RedirectStandardError = true, RedirectStandardOutput = true });
            if (process is null) return "it could not be started";
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var said = await process.StandardError.ReadToEndAsync(ct);
            await output;
            await process.WaitForExitAsync(ct);
            return process.ExitCode == 0 ? null : said.Trim();
        });
        if (failed is not null) await Console.Error.WriteLineAsync($"no usable kubectl on PATH, and none could be fetched ({failed}); the platform works without it, but install kubectl 1.{OldestMinor} or newer to use it");
    }

    private static async Task<bool> IsUsableAsync(string program, CancellationToken ct)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["version", "--client", "-o", "json"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null) return false;
            var said = await process.StandardOutput.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            var minor = JsonNode.Parse(said)?["clientVersion"]?["minor"]?.GetValue<string>().TrimEnd('+');
            return int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= OldestMinor;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or System.Text.Json.JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

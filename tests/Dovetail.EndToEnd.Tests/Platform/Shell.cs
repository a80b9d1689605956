using System.Diagnostics;

namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>What a program printed and how it ended.</summary>
internal sealed record Finished(string Command, int Code, string Out, string Error)
{
    /// <summary>The output of a program that must succeed.</summary>
    public string Text
    {
        get
        {
            Code.ShouldBe(0, $"{Command}\n{Out}{Error}");
            return Out.Trim();
        }
    }

    public string Everything => Out + Error;
}

internal static class Shell
{
    // The first image of a fresh machine is downloaded and built within one command.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static async Task<Finished> RunAsync(string program, IEnumerable<string> arguments, CancellationToken ct, string? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(program, arguments, environment);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            try
            {
                if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended without reading; its exit code tells.
            }

            await process.WaitForExitAsync(limit.Token);
            return new(string.Join(' ', [Path.GetFileName(program), .. arguments]), process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start) ?? throw new IOException($"could not start {program}");
    }
}

/// <summary>Waits for what the platform brings about by itself.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <param name="what">What is waited for, for the failure text.</param>
    /// <param name="holds">Looks whether it is so.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="seconds">How long it may take.</param>
    /// <param name="why">Asked when it took longer: what there is instead, for the failure text.</param>
    public static Task BeTrueAsync(string what, Func<Task<bool>> holds, CancellationToken ct, int seconds = 60, Func<Task<string>>? why = null) =>
        FindAsync(what, async () => await holds() ? "" : null, ct, seconds, why);

    /// <summary>The first value that is not null.</summary>
    public static async Task<T> FindAsync<T>(string what, Func<Task<T?>> probe, CancellationToken ct, int seconds = 60, Func<Task<string>>? why = null)
        where T : class
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await probe() is { } found) return found;
            if (TimeProvider.System.GetElapsedTime(started).TotalSeconds > seconds) Assert.Fail($"not within {seconds} s: {what}\n{(why is null ? "" : await why())}");
            await Task.Delay(Beat, TimeProvider.System, ct);
        }
    }
}

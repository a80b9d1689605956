namespace Dovetail.Cli.Platform;

/// <summary>Says on standard error what takes longer than two seconds, and how long it has taken.</summary>
internal sealed class Progress(TimeProvider time)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    public async Task RunAsync(string what, Func<Task> work) => await RunAsync(what, async () =>
    {
        await work();
        return 0;
    });

    /// <param name="now">What the work is waiting for at this moment, told with each sign of life.</param>
    public async Task<T> RunAsync<T>(string what, Func<Task<T>> work, Func<string?>? now = null)
    {
        var started = time.GetTimestamp();
        using var done = new CancellationTokenSource();
        var saying = SayAsync(what, started, now, done.Token);
        try
        {
            return await work();
        }
        finally
        {
            await done.CancelAsync();
            if (await saying) await Console.Error.WriteLineAsync($"{what}: {time.GetElapsedTime(started).TotalSeconds:0} s");
        }
    }

    private async Task<bool> SayAsync(string what, long started, Func<string?>? now, CancellationToken ct)
    {
        var said = false;
        try
        {
            await Task.Delay(Quiet, time, ct);
            await Console.Error.WriteLineAsync($"{what} …");
            said = true;
            while (true)
            {
                await Task.Delay(Beat, time, ct);
                await Console.Error.WriteLineAsync($"{what} … {time.GetElapsedTime(started).TotalSeconds:0} s{(now?.Invoke() is { } detail ? $" ({detail})" : "")}");
            }
        }
        catch (OperationCanceledException)
        {
            return said;
        }
    }
}

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

    public async Task<T> RunAsync<T>(string what, Func<Task<T>> work)
    {
        var started = time.GetTimestamp();
        using var done = new CancellationTokenSource();
        var saying = SayAsync(what, started, done.Token);
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

    private async Task<bool> SayAsync(string what, long started, CancellationToken ct)
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
                await Console.Error.WriteLineAsync($"{what} … {time.GetElapsedTime(started).TotalSeconds:0} s");
            }
        }
        catch (OperationCanceledException)
        {
            return said;
        }
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>Runs seeds one after the other for DOVETAIL_FUZZ_SECONDS (3), or DOVETAIL_FUZZ_SEED alone. Whatever an attempt throws is a finding, and so is an attempt that does not end soon.</summary>
internal static class FuzzRun
{
    /// <summary>Bounded time: what one input of at most some hundred kilobytes may take on a slow machine that does other things too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static int? Only => Environment.GetEnvironmentVariable("DOVETAIL_FUZZ_SEED") is { Length: > 0 } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : null;

    private static TimeSpan Budget => TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("DOVETAIL_FUZZ_SECONDS") is { Length: > 0 } seconds ? seconds : "3", CultureInfo.InvariantCulture));

    public static void Seeds(Action<Random> attempt) => SeedsAsync(random =>
    {
        attempt(random);
        return Task.CompletedTask;
    }).GetAwaiter().GetResult();

    public static async Task SeedsAsync(Func<Random, Task> attempt)
    {
        var clock = Stopwatch.StartNew();
        var seed = Only ?? 1;
        do
        {
            var began = clock.Elapsed;
            try
            {
                await attempt(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"replay with DOVETAIL_FUZZ_SEED={seed}: {e.Message}", e);
            }

            (clock.Elapsed - began).ShouldBeLessThan(Patience, $"replay with DOVETAIL_FUZZ_SEED={seed}");
            seed++;
        }
        while (Only is null && clock.Elapsed < Budget);
    }
}

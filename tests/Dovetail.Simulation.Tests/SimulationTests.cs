using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dovetail.Simulation.Tests.Faults;
using Dovetail.Simulation.Tests.Scenarios;

namespace Dovetail.Simulation.Tests;

/// <summary>
/// DOVETAIL_SIM_SEED=N runs that seed alone and tells its story; DOVETAIL_SIM_COUNT=N runs so many seeds; otherwise seeds are run for DOVETAIL_SIM_SECONDS (150).
/// DOVETAIL_SIM_FIRST=N begins with another seed than 1.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_promise_is_kept_under_every_seed()
    {
        if (Seeds.Only is { } only)
        {
            var scenario = new Scenario(only, FaultyParts.None) { Story = output.WriteLine };
            var broken = Seeds.Outcome(scenario);
            output.WriteLine($"seed {only}: {scenario.Steps} steps, {scenario.Boots} guest boots, trace {scenario.Trace}");
            broken.ShouldBeNull(Seeds.Replay(only));
            return;
        }

        var clock = Stopwatch.StartNew();
        var limit = Seeds.Setting("DOVETAIL_SIM_COUNT") is null ? TimeSpan.FromSeconds(Seeds.Setting("DOVETAIL_SIM_SECONDS") ?? 150) : TimeSpan.MaxValue;
        var first = Seeds.Setting("DOVETAIL_SIM_FIRST") ?? 1;
        var last = Seeds.Setting("DOVETAIL_SIM_COUNT") is { } count ? first + count - 1 : int.MaxValue;
        var failures = new ConcurrentQueue<string>();
        long seeds = 0, steps = 0, boots = 0;
        var next = first - 1;
        Parallel.For(0, Environment.ProcessorCount, _ =>
        {
            while (clock.Elapsed < limit && failures.Count < 5)
            {
                var seed = Interlocked.Increment(ref next);
                if (seed > last) return;
                var scenario = new Scenario(seed, FaultyParts.None);
                if (Seeds.Outcome(scenario) is { } broken) failures.Enqueue($"seed {seed}: {broken}\n  replay: {Seeds.Replay(seed)}");
                Interlocked.Increment(ref seeds);
                Interlocked.Add(ref steps, scenario.Steps);
                Interlocked.Add(ref boots, scenario.Boots);
            }
        });
        // To the console: the output of a test that passes is shown to nobody.
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seeds} seeds, {steps} steps, {boots} guest boots in {clock.Elapsed.TotalSeconds:0} s"));
        failures.ShouldBeEmpty(string.Join("\n", failures));
    }

    [Fact]
    public void A_seed_gives_the_same_run_every_time()
    {
        Assert.SkipWhen(Seeds.Only is not null, "one seed is asked for");
        foreach (var seed in new[] { 7, 61, 223 })
        {
            var (first, second) = (new Scenario(seed, FaultyParts.None), new Scenario(seed, FaultyParts.None));
            Seeds.Outcome(first).ShouldBe(Seeds.Outcome(second));
            second.Trace.ShouldBe(first.Trace);
        }
    }
}

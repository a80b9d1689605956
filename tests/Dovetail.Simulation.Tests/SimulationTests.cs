using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Dovetail.Simulation.Tests.Scenarios;
using Dovetail.Simulation.Tests.World;

namespace Dovetail.Simulation.Tests;

/// <summary>
/// DOVETAIL_SIM_SEED=N runs that seed alone; DOVETAIL_SIM_COUNT=N runs so many seeds; otherwise seeds are run for DOVETAIL_SIM_SECONDS (150).
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static readonly BrokenOrderings Sound = new();

    [Fact]
    public void Every_promise_is_kept_under_every_seed()
    {
        if (Setting("DOVETAIL_SIM_SEED") is { } only)
        {
            new Scenario(only, Sound).Run().ShouldBeNull(Replay(only));
            return;
        }

        var clock = Stopwatch.StartNew();
        var limit = TimeSpan.FromSeconds(Setting("DOVETAIL_SIM_SECONDS") ?? 150);
        var count = Setting("DOVETAIL_SIM_COUNT") ?? int.MaxValue;
        var failures = new ConcurrentQueue<string>();
        long seeds = 0, steps = 0, boots = 0;
        var next = 0;
        Parallel.For(0, Environment.ProcessorCount, _ =>
        {
            while ((Setting("DOVETAIL_SIM_COUNT") is not null || clock.Elapsed < limit) && failures.Count < 5)
            {
                var seed = Interlocked.Increment(ref next);
                if (seed > count) return;
                var scenario = new Scenario(seed, Sound);
                if (Outcome(scenario) is { } broken) failures.Enqueue($"seed {seed}: {broken}\n  replay: {Replay(seed)}");
                Interlocked.Increment(ref seeds);
                Interlocked.Add(ref steps, scenario.Steps);
                Interlocked.Add(ref boots, scenario.Boots);
            }
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seeds} seeds, {steps} steps, {boots} guest boots in {clock.Elapsed.TotalSeconds:0} s"));
        failures.ShouldBeEmpty(string.Join("\n", failures));
    }

    [Fact]
    public void A_seed_gives_the_same_run_every_time()
    {
        var first = new Scenario(7, Sound);
        var second = new Scenario(7, Sound);
        Outcome(first).ShouldBe(Outcome(second));
        second.Steps.ShouldBe(first.Steps);
        second.Boots.ShouldBe(first.Boots);
    }

    [Fact]
    public void A_node_that_reports_a_pod_gone_before_its_guest_is_found_out()
    {
        var broken = new BrokenOrderings { PodGoneBeforeGuest = true };
        Enumerable.Range(1, 200).Select(seed => Outcome(new Scenario(seed, broken))).Any(found => found?.Contains("two live guests", StringComparison.Ordinal) == true)
            .ShouldBeTrue("200 seeds did not notice that a second guest of a VM is started while the first still runs");
    }

    private static string? Outcome(Scenario scenario)
    {
        try
        {
            return scenario.Run();
        }
        catch (Exception failure)
        {
            return failure.ToString();
        }
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static string Replay(int seed) => string.Create(CultureInfo.InvariantCulture, $"./dovetail test sim --seed {seed}");
}

using System.Globalization;
using Dovetail.Simulation.Tests.Kernel;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>One seed: writers and reflectors work while everything goes wrong, then all is well and every cache must come to hold what the store has.</summary>
internal sealed class ApiScenario(int seed, ApiBreakage broken)
{
    private const int Incidents = 12;

    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(5);

    private string? violation;

    /// <summary>Calls that were answered and events that were seen: a run in which nothing happens proves nothing.</summary>
    public long Observations { get; private set; }

    /// <summary>The first broken promise; null when all were kept.</summary>
    public string? Run()
    {
        using var world = new ApiWorld(seed, broken);
        var writers = Enumerable.Range(0, 3).Select(i => new ApiWriter(world, world.Client(), i.ToString(CultureInfo.InvariantCulture), Violated)).ToList();
        var reflectors = Enumerable.Range(0, 3).Select(i => new ApiReflector(world, world.Client(), streaming: i == 0, Violated)).ToList();
        List<SimulatedProcess> processes = [];
        foreach (var run in writers.Select(w => (Func<Task>)w.RunAsync).Concat(reflectors.Select(r => (Func<Task>)r.RunAsync)))
        {
            var process = new SimulatedProcess(world.Loop, "client");
            process.Start(run);
            processes.Add(process);
        }

        for (var i = 0; i < Incidents; i++)
        {
            world.Loop.RunUntil(world.Loop.Now + TimeSpan.FromMilliseconds(world.Random.Next(2500)));
            if (Broken(world, processes) is { } found) return found;
            Incident(world);
        }

        Recover(world);
        foreach (var writer in processes.Take(writers.Count)) writer.Kill();
        var deadline = world.Loop.Now + Recovery;
        do world.Loop.RunUntil(world.Loop.Now + TimeSpan.FromSeconds(5));
        while (Broken(world, processes) is null && world.Loop.Now < deadline && reflectors.Exists(r => r.Difference() is not null));
        Observations = writers.Sum(w => w.Answers) + reflectors.Sum(r => r.Seen);
        return Broken(world, processes) ?? reflectors.Select(r => r.Difference()).FirstOrDefault(d => d is not null);
    }

    private string? Broken(ApiWorld world, List<SimulatedProcess> processes) =>
        violation ?? world.Store.Violation ?? processes.Select(p => p.Failure?.ToString()).FirstOrDefault(f => f is not null);

    private void Violated(string what) => violation ??= what;

    private static void Incident(ApiWorld world)
    {
        switch (world.Random.Next(8))
        {
            case 0: world.CutPowerSoon(); break;
            case 1: world.FillDisk(world.Random.Next(2) == 0); break;
            case 2: world.FailSyncs(world.Random.Next(2) == 0); break;
            case 3 or 4: world.Compact(); break;
            case 5: world.Loop.ClockError += TimeSpan.FromSeconds(world.Random.Next(-7200, 7200)); break;
            default: world.KillServer(); break;
        }

        if (world.Server.Life is not null && !world.PowerIsOff && (world.Store.WriteFailure is null || world.Random.Next(2) == 0)) return;
        // Somebody starts it again, sooner or later.
        world.KillServer();
        world.Loop.RunUntil(world.Loop.Now + TimeSpan.FromMilliseconds(world.Random.Next(1000)));
        world.FillDisk(false);
        world.FailSyncs(false);
        world.StartServer();
    }

    private static void Recover(ApiWorld world)
    {
        world.KillServer();
        world.FillDisk(false);
        world.FailSyncs(false);
        world.Faults.Active = false;
        world.StartServer();
    }
}

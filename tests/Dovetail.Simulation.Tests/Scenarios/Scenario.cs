using Dovetail.Simulation.Tests.Faults;
using Dovetail.Simulation.Tests.World;

namespace Dovetail.Simulation.Tests.Scenarios;

/// <summary>
/// One run: a user who creates, switches, starts, stops, deletes and kills VMs, guests with a will of their own, components that die, a bad connection, a clock that is set. Then everything
/// is healthy again, and the platform has fifteen minutes to bring each VM to what its owner asked for, and to come to rest.
/// </summary>
internal sealed class Scenario(int seed, FaultyParts faulty)
{
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Longer than anything that the platform looks at again and again.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(3);

    private readonly Cluster cluster = new(seed, faulty);
    private User? user;

    public long Steps => cluster.Loop.Steps;

    public int Boots => cluster.Machine.Boots;

    /// <summary>Is told what happens, line by line.</summary>
    public Action<string>? Story
    {
        set => cluster.Story = value;
    }

    /// <summary>The same for every run of a seed.</summary>
    public string Trace => cluster.Loop.Trace.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The first broken promise, or null.</summary>
    public string? Run()
    {
        user = new User(cluster);
        foreach (var program in cluster.Programs.ToList()) cluster.Start(program);
        return Disturb() ?? Recover() ?? BeStill();
    }

    private string? Disturb()
    {
        var random = cluster.Random;
        var names = Enumerable.Range(1, 1 + random.Next(3)).Select(index => $"vm{index}").ToArray();
        var pace = 500 + random.Next(8000);
        for (var acts = 5 + random.Next(10); acts > 0; acts--)
        {
            switch (random.Next(20))
            {
                case 0: SetClock(random); break;
                case < 7: Restart(random); break;
                default: user!.Act(names[random.Next(names.Length)]); break;
            }

            cluster.Loop.RunUntil(cluster.Loop.Now + TimeSpan.FromMilliseconds(random.Next(pace)));
            if (cluster.Broken() is { } violation) return violation;
        }

        return null;
    }

    private void SetClock(Random random)
    {
        cluster.Loop.ClockError += TimeSpan.FromSeconds(random.Next(-600, 3600));
        cluster.Tell($"the clock is off by {cluster.Loop.ClockError}");
    }

    /// <summary>Kills one process, or those that are one in production, and starts them again after a while.</summary>
    private void Restart(Random random)
    {
        var programs = cluster.Programs.ToArray();
        string[] killed = random.Next(8) switch
        {
            0 or 1 => ["workloads", "virt-controller"],
            2 => ["node-agent", "virt-handler"],
            3 => [],
            _ => [programs[random.Next(programs.Length)]],
        };
        var server = killed.Length != 1 && killed is not ["node-agent", ..];
        cluster.Tell($"killed: {string.Join(", ", server ? killed.Append("api-server") : killed)}");
        foreach (var program in killed) cluster.Kill(program);
        if (server) cluster.Server.Kill();
        cluster.Loop.RunUntil(cluster.Loop.Now + TimeSpan.FromMilliseconds(random.Next(3000)));
        if (server) cluster.Server.Start();
        foreach (var program in killed) cluster.Start(program);
    }

    private string? Recover()
    {
        cluster.Tell("all is well from here on");
        cluster.Faults.Active = false;
        cluster.Machine.StartFailures = 0;
        foreach (var sandbox in cluster.Machine.Sandboxes) cluster.Machine.Pause(sandbox, paused: false);
        var deadline = cluster.Loop.Now + Recovery;
        string? unkept = "never looked";
        // Kept promises must stay kept: one good look between two wrong moments is no success.
        for (var good = 0; good < 3;)
        {
            cluster.Loop.RunUntil(cluster.Loop.Now + Look);
            if (cluster.Broken() is { } violation) return violation;
            unkept = null;
            cluster.Do(async () => unkept = await Promises.FirstUnkeptAsync(cluster, user!.Ledgers));
            good = unkept is null ? good + 1 : 0;
            if (cluster.Loop.Now > deadline) return $"{Recovery.TotalMinutes} quiet minutes later: {unkept}";
        }

        return null;
    }

    /// <summary>Where nothing happens, nothing is written.</summary>
    private string? BeStill()
    {
        cluster.Judge.CountAnew();
        cluster.Loop.RunUntil(cluster.Loop.Now + Rest);
        return cluster.Broken() ?? (cluster.Judge.Written() is { } written ? $"nothing happens, and yet there are writes: {written}" : null);
    }
}

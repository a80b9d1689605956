using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Node.Host;

namespace Dovetail.Cli.Tests.Supervision;

/// <summary>How <c>up</c> learns that waiting is of no use.</summary>
public sealed class PartDeathsTests : IDisposable
{
    private readonly DataDirectory data = DataDirectory.Ensure(Directory.CreateTempSubdirectory("dovetail-deaths-").FullName);
    private readonly ProcessId self = ProcessId.Of(Environment.ProcessId)!.Value;

    public void Dispose() => Directory.Delete(data.Root, recursive: true);

    [Fact]
    public void A_part_that_dies_again_and_again_is_given_up_with_its_last_words()
    {
        PartRecord.Write(data, Parts.Supervisor, self);
        File.WriteAllText(data.Log(Parts.Server), "of an earlier run\n");
        var deaths = new PartDeaths(data);
        File.AppendAllText(data.Log(Parts.Server), "Unhandled exception. System.Exception: the cause\n   at Somewhere.Deep()\n");
        for (var death = 1; death < 4; death++)
        {
            Die(Parts.Server, death);
            deaths.Look().ShouldBeNull();
            deaths.Look().ShouldBeNull("one death counts once, however often it is looked at");
        }

        Die(Parts.Server, 4);
        deaths.Look().ShouldBe(Parts.Server);
        deaths.LastWords(Parts.Server).ShouldBe(["Unhandled exception. System.Exception: the cause"]);
    }

    [Fact]
    public void What_died_before_the_count_does_not_count()
    {
        foreach (var part in Parts.All) Die(part, 1);
        var deaths = new PartDeaths(data);
        deaths.Look().ShouldBeNull();
        deaths.Worst.ShouldBeNull();
    }

    [Fact]
    public void A_supervisor_that_dies_alone_is_not_waited_for_because_nobody_starts_it_again()
    {
        Assert.SkipWhen(Systemd.IsRunning, "systemd would");
        PartRecord.Write(data, Parts.Supervisor, self);
        var deaths = new PartDeaths(data);
        deaths.Look().ShouldBeNull();
        Die(Parts.Supervisor, 1);
        deaths.Look().ShouldBe(Parts.Supervisor);
    }

    // This process with another start time is one that has ended.
    private void Die(string part, int times) => PartRecord.Write(data, part, self with { StartTicks = self.StartTicks + times });
}

using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Tests.EventExpiry;

public sealed class EventExpiryTests
{
    private readonly SteppedWorld world = new();

    [Fact]
    public void An_event_goes_an_hour_after_it_was_last_written()
    {
        Tell("old");
        world.Pass(TimeSpan.FromMinutes(30));
        Tell("young");
        world.Pass(TimeSpan.FromMinutes(29));
        Names().ShouldBe(["old", "young"]);
        world.Pass(TimeSpan.FromMinutes(7));
        Names().ShouldBe(["young"]);
    }

    [Fact]
    public void An_event_that_was_told_again_lives_on()
    {
        Tell("again");
        world.Pass(TimeSpan.FromMinutes(50));
        world.Delete(BuiltInTypes.Events, "default", "again");
        Tell("again", first: world.Clock.GetUtcNow().UtcDateTime.AddMinutes(-50));
        world.Pass(TimeSpan.FromMinutes(30));
        Names().ShouldBe(["again"]);
    }

    [Fact]
    public void A_sweep_that_fails_is_made_up_for_by_the_next_one()
    {
        Tell("old");
        world.Pass(TimeSpan.FromMinutes(58));
        world.Line.IsCut = true;
        world.Pass(TimeSpan.FromMinutes(12));
        world.Line.IsCut = false;
        world.Pass(TimeSpan.FromMinutes(10));
        Names().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public void A_clock_that_is_set_neither_takes_events_away_nor_keeps_them(int hours)
    {
        Tell("seen");
        world.Pass(TimeSpan.FromMinutes(6));
        Tell("new");
        world.Clock.Error = TimeSpan.FromHours(hours);
        world.Pass(TimeSpan.FromMinutes(50));
        Names().ShouldBe(["new", "seen"]);
        world.Pass(TimeSpan.FromMinutes(20));
        Names().ShouldBeEmpty();
    }

    private void Tell(string name, DateTime? first = null)
    {
        var now = world.Clock.GetUtcNow().UtcDateTime;
        world.Create(BuiltInTypes.Events, new Corev1Event
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
            InvolvedObject = new V1ObjectReference { Kind = "Pod", Name = "p", NamespaceProperty = "default" },
            Reason = "Told",
            Message = name,
            FirstTimestamp = first ?? now,
            LastTimestamp = now,
            Count = 1,
        });
    }

    private IEnumerable<string> Names() => world.List(BuiltInTypes.Events).Select(told => told.Metadata.Name).Order(StringComparer.Ordinal);
}

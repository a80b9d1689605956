using System.Collections.Immutable;
using Dovetail.Workloads.GarbageCollection;

namespace Dovetail.Workloads.Tests.GarbageCollection;

public sealed class GcPlannerTests
{
    private static readonly GcFacts Quiet = new()
    {
        IsDeleting = false,
        ForegroundFinalizer = false,
        OrphanFinalizer = false,
        Owners = [],
        Dependents = 0,
        BlockingDependents = 0,
        LeavingDependents = 0,
    };

    [Theory]
    [InlineData("", "")]
    [InlineData("Solid", "")]
    [InlineData("Absent", "Delete Background")]
    [InlineData("Absent,Absent", "Delete Background")]
    [InlineData("Solid,Absent", "Disown u1")]
    [InlineData("Absent,Unknown", "")]
    [InlineData("WaitingForDependents", "Delete Background")]
    [InlineData("Solid,WaitingForDependents", "Disown u1")]
    public void An_object_follows_its_last_owner(string owners, string steps) =>
        Decide(Quiet with { Owners = Owners(owners) }).ShouldBe(steps);

    [Fact]
    public void A_dependent_that_has_dependents_is_deleted_in_the_foreground_when_its_owner_waits_for_it() =>
        Decide(Quiet with { Owners = Owners("WaitingForDependents"), Dependents = 2 }).ShouldBe("Delete Foreground");

    [Fact]
    public void Owners_that_wait_for_each_other_in_a_circle_are_let_go() =>
        Decide(Quiet with { Owners = Owners("WaitingForDependents"), Dependents = 1, LeavingDependents = 1 }).ShouldBe("StopBlocking; Delete Foreground");

    [Fact]
    public void An_object_whose_owner_cannot_be_looked_up_stays() => Decide(Quiet with { Owners = Owners("Absent,Unreachable") }).ShouldBe("");

    [Fact]
    public void Finalizers_that_an_object_carries_already_say_how_it_is_deleted() =>
        Decide(Quiet with { Owners = Owners("Absent"), OrphanFinalizer = true }).ShouldBe("Delete Orphan");

    [Theory]
    [InlineData(2, "WakeDependents")]
    [InlineData(0, "RemoveFinalizer foregroundDeletion")]
    public void A_foreground_deletion_waits_for_the_dependents_that_block_it(int blocking, string steps) =>
        Decide(Quiet with { IsDeleting = true, ForegroundFinalizer = true, Dependents = blocking, BlockingDependents = blocking }).ShouldBe(steps);

    [Fact]
    public void An_orphaning_deletion_lets_go_of_the_dependents_first() =>
        Decide(Quiet with { IsDeleting = true, OrphanFinalizer = true, Dependents = 1 }).ShouldBe("OrphanDependents; RemoveFinalizer orphan");

    [Fact]
    public void An_object_that_is_being_deleted_with_other_finalizers_is_left_to_their_owners() =>
        Decide(Quiet with { IsDeleting = true, Owners = Owners("Absent") }).ShouldBe("");

    private static ImmutableArray<OwnerFacts> Owners(string states) => states.Length == 0
        ? []
        : [.. states.Split(',').Select((state, index) => new OwnerFacts($"u{index}", Enum.Parse<OwnerState>(state), Blocks: true))];

    private static string Decide(GcFacts facts) => string.Join("; ", GcPlanner.Decide(facts).Select(step => step switch
    {
        GcStep.Delete(var propagation) => $"Delete {propagation}",
        GcStep.Disown(var owners) => $"Disown {string.Join(',', owners)}",
        GcStep.OrphanDependents => "OrphanDependents",
        GcStep.WakeDependents => "WakeDependents",
        GcStep.StopBlocking => "StopBlocking",
        GcStep.RemoveFinalizer(var name) => $"RemoveFinalizer {name}",
        _ => throw new InvalidOperationException(),
    }));
}

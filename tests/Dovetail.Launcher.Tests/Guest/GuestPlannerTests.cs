using Dovetail.Launcher.Guest;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Tests.Guest;

public sealed class GuestPlannerTests
{
    private static readonly DomainSighting.Live Alive = new(PauseReason.None, 42, "pc-q35-7.2", false);
    private static readonly DomainSighting.Unsettled Unsettled = new();

    [Fact]
    public void A_guest_that_lives_is_taken_over_whoever_started_it()
    {
        foreach (var hasRun in (bool[])[false, true]) Decide(Alive, hasRun).ShouldBe(new GuestStep.TakeOver(Alive));
        Decide(Alive, hasRun: false, stopping: true).ShouldBe(new GuestStep.TakeOver(Alive), "it can only be stopped once it is ours");
    }

    [Fact]
    public void While_a_start_is_under_way_nothing_is_concluded_from_what_is_seen()
    {
        foreach (var sighting in (DomainSighting[])[Alive, Unsettled, Gone(), Gone(EndReason.Crashed)])
            GuestPlanner.Decide(new() { Sighting = sighting, HasRun = false, Starting = true, Asked = true, Stopping = true }).ShouldBe(new GuestStep.Wait());
    }

    [Fact]
    public void A_domain_between_two_states_is_looked_at_again()
    {
        foreach (var hasRun in (bool[])[false, true]) Decide(Unsettled, hasRun).ShouldBe(new GuestStep.LookAgain());
    }

    [Theory]
    [InlineData(null, EndReason.Crashed)]
    [InlineData(EndReason.Crashed, EndReason.Crashed)]
    [InlineData(EndReason.Shutdown, EndReason.Shutdown)]
    [InlineData(EndReason.Destroyed, EndReason.Destroyed)]
    public void A_guest_that_has_run_is_never_started_again(EndReason? told, EndReason expected) => Decide(Gone(told), hasRun: true).ShouldBe(new GuestStep.End(expected));

    [Theory]
    [InlineData(null)]
    [InlineData(EndReason.Crashed)]
    public void A_guest_that_nobody_saw_run_is_started_when_its_start_came_to_nothing(EndReason? told) => Decide(Gone(told), hasRun: false).ShouldBe(new GuestStep.Start());

    [Theory]
    [InlineData(EndReason.Shutdown)]
    [InlineData(EndReason.Destroyed)]
    public void A_guest_that_ended_in_order_has_run_although_nobody_saw_it(EndReason told) => Decide(Gone(told), hasRun: false).ShouldBe(new GuestStep.End(told));

    [Fact]
    public void A_guest_that_is_to_stop_is_not_started() => Decide(Gone(), hasRun: false, stopping: true).ShouldBe(new GuestStep.End(EndReason.Destroyed));

    [Fact]
    public void A_launcher_that_was_restarted_waits_to_be_asked_before_it_starts_a_guest() => Decide(Gone(), hasRun: false, asked: false).ShouldBe(new GuestStep.Wait());

    [Fact]
    public void A_guest_whose_starts_kill_libvirtd_is_given_up() => Decide(Gone(EndReason.Crashed), hasRun: false, attempts: GuestPlanner.MostAttempts).ShouldBe(new GuestStep.GiveUp());

    [Theory]
    [InlineData(false, 30.0, nameof(StopStep.PressPowerButton), 5.0)]
    [InlineData(true, 30.0, nameof(StopStep.ResumeAndPressPowerButton), 5.0)]
    [InlineData(false, 2.0, nameof(StopStep.PressPowerButton), 2.0)]
    [InlineData(false, 0.0, nameof(StopStep.Destroy), 5.0)]
    [InlineData(true, -1.0, nameof(StopStep.Destroy), 5.0)]
    public void The_power_button_is_pressed_until_the_grace_period_is_over(bool paused, double left, string step, double askAgain) =>
        StopPlanner.Decide(paused, TimeSpan.FromSeconds(left)).ShouldBe((Enum.Parse<StopStep>(step), TimeSpan.FromSeconds(askAgain)));

    private static DomainSighting.Absent Gone(EndReason? told = null) => new(told);

    private static GuestStep Decide(DomainSighting sighting, bool hasRun, bool stopping = false, bool asked = true, int attempts = 1) =>
        GuestPlanner.Decide(new() { Sighting = sighting, HasRun = hasRun, Stopping = stopping, Asked = asked, Attempts = attempts });
}

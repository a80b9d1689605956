using Dovetail.Api.KubeVirt;
using Dovetail.Virt.Tests.VirtController;
using Dovetail.Virt.VirtApi.Subresources;

namespace Dovetail.Virt.Tests.VirtApi;

/// <summary>start, stop and restart by run strategy and by what there is of the guest; "absent" is no VMI.</summary>
public sealed class LifecyclePlannerTests
{
    [Theory]
    [InlineData("Halted", "absent", "running=true")]
    [InlineData("Halted", "Succeeded", "running=true")]
    [InlineData("Halted", "Running", "409")]
    [InlineData("Manual", "absent", "Start")]
    [InlineData("Manual", "Succeeded", "Stop vmi-1, Start")]
    [InlineData("Manual", "Failed", "Stop vmi-1, Start")]
    [InlineData("Manual", "Running", "409")]
    [InlineData("RerunOnFailure", "absent", "Start")]
    [InlineData("RerunOnFailure", "Succeeded", "Stop vmi-1, Start")]
    [InlineData("RerunOnFailure", "Failed", "409")]
    [InlineData("Always", "absent", "409")]
    [InlineData("Always", "Failed", "409")]
    [InlineData("Once", "Succeeded", "409")]
    public void Start(string strategy, string guest, string outcome) => Text(LifecyclePlanner.Start(Make.Vm(strategy), Guest(guest), new())).ShouldBe(outcome);

    [Theory]
    [InlineData("Halted", "Start paused")]
    [InlineData("Manual", "Start paused")]
    [InlineData("Always", "409")]
    public void A_paused_start_is_a_request_and_never_a_change_of_strategy(string strategy, string outcome) =>
        Text(LifecyclePlanner.Start(Make.Vm(strategy), null, new() { Paused = true })).ShouldBe(outcome);

    [Fact]
    public void A_machine_that_needs_recovery_is_not_started()
    {
        var vm = Make.Vm("Halted", v => v.Status!.Conditions = [new() { Type = ConditionTypes.ManualRecoveryRequired, Status = "True" }]);
        Text(LifecyclePlanner.Start(vm, null, new())).ShouldBe("409");
    }

    [Theory]
    [InlineData("Always", "Running", "running=false")]
    [InlineData("Always", "absent", "running=false")]
    [InlineData("Once", "Running", "running=false")]
    [InlineData("Manual", "Running", "Stop vmi-1")]
    [InlineData("Manual", "Scheduling", "Stop vmi-1")]
    [InlineData("Manual", "Succeeded", "409")]
    [InlineData("Manual", "absent", "409")]
    [InlineData("RerunOnFailure", "Running", "Stop vmi-1")]
    [InlineData("RerunOnFailure", "absent", "409")]
    [InlineData("Halted", "absent", "409")]
    [InlineData("Halted", "Running", "409")]
    public void Stop(string strategy, string guest, string outcome) => Text(LifecyclePlanner.Stop(Make.Vm(strategy), Guest(guest), new())).ShouldBe(outcome);

    [Theory]
    [InlineData(5L, "nothing")]
    [InlineData(0L, "nothing")]
    [InlineData(30L, "409")]
    [InlineData(-1L, "400")]
    public void A_halted_machine_whose_guest_still_shuts_down_is_hurried_by_a_shorter_grace_period(long grace, string outcome) =>
        Text(LifecyclePlanner.Stop(Make.Vm("Halted"), Guest("Running"), new() { GracePeriod = grace })).ShouldBe(outcome);

    [Theory]
    [InlineData("Always", "Running", "Stop vmi-1, Start")]
    [InlineData("Manual", "Running", "Stop vmi-1, Start")]
    [InlineData("RerunOnFailure", "Running", "Stop vmi-1, Start")]
    [InlineData("Always", "absent", "409")]
    [InlineData("Manual", "Succeeded", "409")]
    [InlineData("Once", "Running", "409")]
    [InlineData("Halted", "Running", "409")]
    public void Restart(string strategy, string guest, string outcome) => Text(LifecyclePlanner.Restart(Make.Vm(strategy), Guest(guest), new())).ShouldBe(outcome);

    [Theory]
    [InlineData(0L, "Stop vmi-1, Start")]
    [InlineData(5L, "400")]
    [InlineData(-5L, "400")]
    public void A_restart_takes_no_grace_period_but_zero(long grace, string outcome) =>
        Text(LifecyclePlanner.Restart(Make.Vm(), Guest("Running"), new() { GracePeriodSeconds = grace })).ShouldBe(outcome);

    [Fact]
    public void A_second_restart_waits_for_the_first() =>
        Text(LifecyclePlanner.Restart(Make.Vm(change: v => v.Status!.StateChangeRequests = [Make.Stop(), Make.Start()]), Guest("Running"), new())).ShouldBe("409");

    [Theory]
    [InlineData(true, "Always")]
    [InlineData(false, "Halted")]
    public void The_older_field_running_is_a_strategy_too(bool running, string strategy) =>
        LifecyclePlanner.StrategyOf(Make.Vm(null, v => v.Spec!.Running = running)).ShouldBe(strategy);

    [Theory]
    [InlineData("pause", "Running", false, 0)]
    [InlineData("pause", "Running", true, 409)]
    [InlineData("pause", "Scheduled", false, 409)]
    [InlineData("unpause", "Running", true, 0)]
    [InlineData("unpause", "Running", false, 409)]
    [InlineData("softreboot", "Running", false, 0)]
    [InlineData("softreboot", "Running", true, 409)]
    [InlineData("reset", "Running", true, 0)]
    [InlineData("reset", "Succeeded", false, 409)]
    public void A_running_instance_is_paused_once_and_rebooted_when_it_can_hear(string action, string phase, bool paused, int code)
    {
        var vmi = Make.Vmi(phase, change: v => v.Status!.Conditions = [Make.Condition(ConditionTypes.Paused, paused ? "True" : "False")]);
        (InstanceRules.RefuseChange(vmi, action)?.Code ?? 0).ShouldBe(code);
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("Scheduling", 400)]
    [InlineData("Running", 0)]
    [InlineData("Succeeded", 400)]
    [InlineData("Failed", 409)]
    public void Streams_need_a_running_guest_and_the_code_says_whether_to_try_again(string phase, int code) =>
        (InstanceRules.RefuseStream(Make.Vmi(phase), "console")?.Code ?? 0).ShouldBe(code);

    [Fact]
    public void A_guest_without_a_graphics_device_has_no_screen_but_a_console()
    {
        var vmi = Make.Vmi("Running", change: v => v.Spec!.Domain!.Devices!.AutoattachGraphicsDevice = false);
        InstanceRules.RefuseStream(vmi, "vnc")?.Code.ShouldBe(400);
        InstanceRules.RefuseStream(vmi, "console").ShouldBeNull();
    }

    private static VirtualMachineInstance? Guest(string phase) => phase == "absent" ? null : Make.Vmi(phase);

    private static string Text(LifecycleDecision decision) => decision switch
    {
        LifecycleDecision.Refuse refuse => $"{refuse.Code}",
        LifecycleDecision.SetRunning set => set.Running ? "running=true" : "running=false",
        LifecycleDecision.Request request => string.Join(", ", request.Changes.Select(c => $"{c.Action}{(c.Uid is null ? "" : $" {c.Uid}")}{(c.Data is null ? "" : " paused")}")),
        LifecycleDecision.Nothing => "nothing",
        _ => decision.ToString(),
    };
}

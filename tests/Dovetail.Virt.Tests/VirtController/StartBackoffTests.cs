using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.VirtualMachines;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class StartBackoffTests
{
    [Theory]
    [InlineData(1, 0, 10)]
    [InlineData(2, 0, 40)]
    [InlineData(3, 0, 90)]
    [InlineData(4, 0, 160)]
    [InlineData(5, 0, 250)]
    [InlineData(6, 0, 300)]
    [InlineData(2, 0.5, 50)]
    [InlineData(100, 0.99, 300)]
    public void The_delay_grows_with_the_square_of_failures_up_to_five_minutes(long failures, double jitter, double seconds) =>
        StartBackoff.Delay(failures, jitter).TotalSeconds.ShouldBe(seconds);

    [Fact]
    public void A_guest_that_never_ran_counts_once()
    {
        var vm = Make.Vm();
        var first = StartBackoff.Next(Make.Facts(vm, Make.Vmi(VmiPhases.Failed))).ShouldNotBeNull();
        first.ConsecutiveFailCount.ShouldBe(1);
        first.RetryAfterTimestamp.ShouldBe(Make.Now.AddSeconds(10));

        vm.Status!.StartFailure = first;

        StartBackoff.Next(Make.Facts(vm, Make.Vmi(VmiPhases.Failed))).ShouldBe(first);
        StartBackoff.Next(Make.Facts(vm, Make.Vmi(VmiPhases.Failed, change: vmi => vmi.Metadata.Uid = "vmi-2")))!.ConsecutiveFailCount.ShouldBe(2);
    }

    [Fact]
    public void A_guest_that_has_run_clears_the_count()
    {
        var vm = Make.Vm(change: vm => vm.Status!.StartFailure = new() { ConsecutiveFailCount = 4 });

        StartBackoff.Next(Make.Facts(vm, Make.Vmi(VmiPhases.Failed, change: vmi => vmi.Status!.PhaseTransitionTimestamps = [new() { Phase = VmiPhases.Running }]))).ShouldBeNull();
    }

    [Theory]
    [InlineData(RunStrategies.Halted)]
    [InlineData(RunStrategies.Manual)]
    public void A_strategy_that_does_not_restart_clears_the_count(string strategy)
    {
        var vm = Make.Vm(strategy, vm => vm.Status!.StartFailure = new() { ConsecutiveFailCount = 4 });

        StartBackoff.Next(Make.Facts(vm, Make.Vmi(VmiPhases.Failed))).ShouldBeNull();
    }

    [Fact]
    public void A_guest_that_is_stopped_while_it_starts_has_not_failed()
    {
        var vm = Make.Vm(RunStrategies.RerunOnFailure, vm =>
        {
            vm.Status!.StartFailure = new() { ConsecutiveFailCount = 4 };
            vm.Status.StateChangeRequests = [new() { Action = StateChangeActions.Stop, Uid = Make.Vmi(VmiPhases.Failed).Metadata.Uid }];
        });

        StartBackoff.Next(Make.Facts(vm, Make.Vmi(VmiPhases.Failed))).ShouldBeNull();
    }

    [Theory]
    [InlineData(RunStrategies.RerunOnFailure)]
    [InlineData(RunStrategies.Once)]
    public void A_guest_that_shut_down_before_anybody_saw_it_run_has_not_failed(string strategy) =>
        StartBackoff.Next(Make.Facts(Make.Vm(strategy), Make.Vmi(VmiPhases.Succeeded))).ShouldBeNull();

    [Fact]
    public void A_clock_that_is_set_back_holds_no_start_up()
    {
        var failure = new VirtualMachineStartFailure { RetryAfterTimestamp = Make.Now.AddMinutes(5) };

        StartBackoff.Remaining(failure, Make.Now).ShouldBe(TimeSpan.FromMinutes(5));
        StartBackoff.Remaining(failure, Make.Now.AddHours(-1)).ShouldBe(TimeSpan.Zero);
    }
}

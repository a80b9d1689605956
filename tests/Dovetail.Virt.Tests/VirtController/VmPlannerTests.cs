using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.VirtualMachines;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class VmPlannerTests
{
    /// <summary>strategy | VMI ("" none, "X-" being deleted) | first request | steps</summary>
    [Theory]
    [InlineData("Always", "", "", "create")]
    [InlineData("Always", "Running", "", "")]
    [InlineData("Always", "Running", "stop", "delete")]
    [InlineData("Always", "Running", "stop other", "")]
    [InlineData("Always", "Succeeded", "", "delete")]
    [InlineData("Always", "Failed", "", "delete")]
    [InlineData("Always", "Running-", "", "")]
    [InlineData("Always", "Succeeded-", "", "release vmi")]
    [InlineData("RerunOnFailure", "", "", "create")]
    [InlineData("RerunOnFailure", "Succeeded", "", "delete")]
    [InlineData("RerunOnFailure", "Failed", "", "delete")]
    [InlineData("RerunOnFailure", "Running", "stop", "delete")]
    [InlineData("Manual", "", "", "")]
    [InlineData("Manual", "", "start", "create")]
    [InlineData("Manual", "", "start paused", "create paused")]
    [InlineData("Manual", "Running", "stop", "delete")]
    [InlineData("Manual", "Failed", "", "")]
    [InlineData("Once", "", "", "create")]
    [InlineData("Once", "Succeeded", "", "")]
    [InlineData("Once", "Failed", "stop", "")]
    [InlineData("Halted", "", "", "")]
    [InlineData("Halted", "", "start", "")]
    [InlineData("Halted", "", "start paused", "switch on")]
    [InlineData("Halted", "Running", "", "delete")]
    [InlineData("Halted", "Failed", "", "delete")]
    public void The_run_strategy_decides(string strategy, string vmi, string request, string steps)
    {
        var vm = Make.Vm(strategy, vm => vm.Status!.StateChangeRequests = request switch
        {
            "start" => [Make.Start()],
            "start paused" => [Make.Start(paused: true)],
            "stop" => [Make.Stop()],
            "stop other" => [Make.Stop("vmi-0")],
            _ => null,
        });

        Make.Text(VmPlanner.Decide(Make.Facts(vm, Parse(vmi)))).ShouldBe(steps);
    }

    [Theory]
    [InlineData(true, "create")]
    [InlineData(false, "")]
    public void The_older_field_running_stands_for_Always_and_Halted(bool running, string steps) =>
        Make.Text(VmPlanner.Decide(Make.Facts(Make.Vm(strategy: null, vm => vm.Spec!.Running = running)))).ShouldBe(steps);

    [Fact]
    public void RerunOnFailure_does_not_start_again_what_has_succeeded()
    {
        var vm = Make.Vm(RunStrategies.RerunOnFailure, vm => vm.Status!.RunStrategy = RunStrategies.RerunOnFailure);

        Make.Text(VmPlanner.Decide(Make.Facts(vm))).ShouldBe("");
    }

    [Fact]
    public void RerunOnFailure_asks_for_a_start_of_what_has_failed()
    {
        var plan = VmPlanner.Decide(Make.Facts(Make.Vm(RunStrategies.RerunOnFailure), Make.Vmi(VmiPhases.Failed)));

        plan.Requests.ShouldHaveSingleItem().Action.ShouldBe(StateChangeActions.Start);
    }

    [Fact]
    public void A_start_that_was_asked_of_an_earlier_strategy_does_not_switch_a_halted_VM_on()
    {
        var vm = Make.Vm(RunStrategies.Halted, vm => vm.Status!.StateChangeRequests = [Make.Start()]);

        VmPlanner.Decide(Make.Facts(vm)).Requests.ShouldBeEmpty();
    }

    [Fact]
    public void A_guest_that_fails_while_it_is_being_stopped_stays_stopped()
    {
        var vm = Make.Vm(RunStrategies.RerunOnFailure, vm => vm.Status!.StateChangeRequests = [Make.Stop()]);

        VmPlanner.Decide(Make.Facts(vm, Make.Vmi(VmiPhases.Failed, deleting: true))).Requests.ShouldHaveSingleItem().Action.ShouldBe(StateChangeActions.Stop);
    }

    [Theory]
    [InlineData("stop", "", true)]
    [InlineData("stop", "Running", false)]
    [InlineData("stop other", "Running", true)]
    [InlineData("start", "", false)]
    [InlineData("start", "Scheduling", true)]
    [InlineData("start", "Running-", false)]
    [InlineData("start", "Failed", false)]
    public void A_request_is_taken_off_when_it_is_done(string request, string vmi, bool taken)
    {
        var head = request switch { "start" => Make.Start(), "stop" => Make.Stop(), _ => Make.Stop("vmi-0") };
        var vm = Make.Vm(RunStrategies.Manual, vm => vm.Status!.StateChangeRequests = [head, Make.Start()]);

        VmPlanner.Decide(Make.Facts(vm, Parse(vmi))).Requests.Length.ShouldBe(taken ? 1 : 2);
    }

    [Fact]
    public void A_new_vm_gets_its_finalizer_and_a_firmware_uuid_before_anything_else()
    {
        var vm = Make.Vm(change: vm =>
        {
            vm.Metadata.Finalizers = null;
            vm.Spec!.Template!.Spec!.Domain!.Firmware = null;
        });

        Make.Text(VmPlanner.Decide(Make.Facts(vm))).ShouldBe("adopt finalizer uuid");
    }

    [Fact]
    public void A_vmi_of_the_same_name_that_is_not_its_own_is_an_obstacle_that_is_named()
    {
        var plan = VmPlanner.Decide(Make.Facts(Make.Vm(), stranger: true));

        plan.Steps.ShouldBeEmpty();
        plan.Obstacle.ShouldNotBeNull().ShouldContain("web");
    }

    [Theory]
    [InlineData("Running", false, "delete")]
    [InlineData("Running-", false, "")]
    [InlineData("Succeeded-", false, "release vmi")]
    [InlineData("", false, "release vm")]
    [InlineData("Running", true, "release vmi, release vm")]
    public void A_deleted_vm_takes_its_guest_along_unless_it_is_orphaned(string vmi, bool orphan, string steps)
    {
        var vm = Make.Vm(change: vm =>
        {
            vm.Metadata.DeletionTimestamp = Make.Now;
            if (orphan) vm.Metadata.Finalizers.Add("orphan");
        });

        Make.Text(VmPlanner.Decide(Make.Facts(vm, Parse(vmi)))).ShouldBe(steps);
    }

    [Fact]
    public void A_start_waits_for_the_back_off()
    {
        var vm = Make.Vm(change: vm => vm.Status!.StartFailure = new() { ConsecutiveFailCount = 2, LastFailedVMIUID = "vmi-0", RetryAfterTimestamp = Make.Now.AddSeconds(25) });

        var plan = VmPlanner.Decide(Make.Facts(vm));

        plan.Steps.ShouldBeEmpty();
        plan.RecheckAfter.ShouldBe(TimeSpan.FromSeconds(25));
    }

    private static VirtualMachineInstance? Parse(string vmi) => vmi.Length == 0 ? null : Make.Vmi(vmi.TrimEnd('-'), deleting: vmi.EndsWith('-'));
}

using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController;
using Dovetail.Virt.VirtController.VirtualMachines;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class VmStatusTests
{
    public static TheoryData<string, VirtualMachineInstance?, string, string> Words => new()
    {
        { RunStrategies.Halted, null, "", PrintableStatuses.Stopped },
        { RunStrategies.Always, null, "", PrintableStatuses.Starting },
        { RunStrategies.Always, Make.Vmi(null), "", PrintableStatuses.Starting },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Pending), "", PrintableStatuses.Starting },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Scheduled), "", PrintableStatuses.Starting },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Running), "", PrintableStatuses.Running },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Running, change: v => v.Status!.Conditions = [Make.Condition("Paused", "True", "PausedByUser")]), "", PrintableStatuses.Paused },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Running, deleting: true), "", PrintableStatuses.Stopping },
        { RunStrategies.Halted, Make.Vmi(VmiPhases.Running), "", PrintableStatuses.Stopping },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Scheduling, change: v => v.Status!.Conditions = [Make.Condition("PodScheduled", "False", "Unschedulable")]), "", PrintableStatuses.ErrorUnschedulable },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Scheduling, change: v => v.Status!.Conditions = [Make.Condition("Synchronized", "False", "ErrImagePull")]), "", PrintableStatuses.ErrImagePull },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Scheduling, change: v => v.Status!.Conditions = [Make.Condition("Synchronized", "False", "InvalidImageName")]), "", PrintableStatuses.ErrImagePull },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Scheduling, change: v => v.Status!.Conditions = [Make.Condition("Synchronized", "False", "ImagePullBackOff")]), "", PrintableStatuses.ImagePullBackOff },
        { RunStrategies.Once, Make.Vmi(VmiPhases.Succeeded, change: v => v.Status!.PhaseTransitionTimestamps = [new() { Phase = VmiPhases.Running }]), "", PrintableStatuses.Stopped },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Failed), "", PrintableStatuses.CrashLoopBackOff },
        { RunStrategies.Always, null, "backing off", PrintableStatuses.CrashLoopBackOff },
        { RunStrategies.Always, Make.Vmi(VmiPhases.Unknown), "", PrintableStatuses.Unknown },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public void One_word_tells_the_state(string strategy, VirtualMachineInstance? vmi, string failing, string word)
    {
        var vm = Make.Vm(strategy, vm =>
        {
            if (failing.Length > 0) vm.Status!.StartFailure = new() { ConsecutiveFailCount = 1, RetryAfterTimestamp = Make.Now.AddSeconds(9) };
        });

        Describe(vm, vmi).PrintableStatus.ShouldBe(word);
    }

    [Fact]
    public void A_deleted_vm_is_terminating_whatever_its_guest_does() =>
        Describe(Make.Vm(change: vm => vm.Metadata.DeletionTimestamp = Make.Now), Make.Vmi(VmiPhases.Running)).PrintableStatus.ShouldBe(PrintableStatuses.Terminating);

    [Fact]
    public void Conditions_of_the_vmi_show_on_the_vm_and_go_with_it()
    {
        var running = Make.Vmi(VmiPhases.Running, change: v => v.Status!.Conditions = [Make.Condition("Ready", "True"), Make.Condition("AgentConnected", "True")]);
        var vm = Make.Vm(change: vm => vm.Status!.Conditions = [new() { Type = "Paused", Status = "True" }]);

        var status = Describe(vm, running);

        status.Ready.ShouldBe(true);
        status.Conditions!.Select(c => $"{c.Type}={c.Status}").ShouldBe(["Ready=True", "AgentConnected=True"], ignoreOrder: true);
    }

    [Fact]
    public void Without_a_vmi_the_vm_is_not_ready_and_says_so()
    {
        var status = Describe(Make.Vm(RunStrategies.Halted), null);

        status.Created.ShouldBe(false);
        status.Conditions.Get(ConditionTypes.Ready)!.Reason.ShouldBe("VMINotExists");
    }

    [Fact]
    public void A_failure_is_a_condition_until_it_is_over()
    {
        var vm = Make.Vm();
        var facts = Make.Facts(vm);
        vm.Status = VmStatus.Describe(facts, VmPlanner.Decide(facts), new("FailedCreate", "quota"));
        vm.Status.Conditions.Get(ConditionTypes.Failure)!.Message.ShouldBe("quota");

        Describe(vm, Make.Vmi(VmiPhases.Pending)).Conditions.Get(ConditionTypes.Failure).ShouldBeNull();
    }

    [Fact]
    public void A_template_that_changed_since_the_start_asks_for_a_restart()
    {
        var vm = Make.Vm();
        var vmi = VmiFromVm.Render(vm, paused: false);
        vmi.Status = new() { Phase = VmiPhases.Running };
        vm.Spec!.Template!.Spec!.Domain!.Firmware!.Uuid = "22222222-2222-3333-4444-555555555555";
        Describe(vm, vmi).Conditions.Get(ConditionTypes.RestartRequired).ShouldBeNull();

        vm.Spec.Template.Spec.Domain.Cpu!.Cores = 4;

        Describe(vm, vmi).Conditions.Get(ConditionTypes.RestartRequired)!.Status.ShouldBe("True");
    }

    [Fact]
    public void A_vmi_is_made_from_the_template_under_the_vms_name_and_held_by_both_finalizers()
    {
        var vmi = VmiFromVm.Render(Make.Vm(), paused: true);

        vmi.Metadata.Name.ShouldBe("web");
        vmi.Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe("vm-1");
        vmi.Metadata.Finalizers.ShouldBe([KubeVirtFinalizers.VmController, KubeVirtFinalizers.VmiForegroundDelete]);
        vmi.Metadata.Annotations[KubeVirtAnnotations.VmGeneration].ShouldBe("3");
        vmi.Spec!.StartStrategy.ShouldBe("Paused");
        vmi.Spec.Domain!.Firmware!.Uuid.ShouldBe("11111111-2222-3333-4444-555555555555");
    }

    [Fact]
    public void A_firmware_uuid_from_a_name_is_of_version_5_and_always_the_same()
    {
        var uuid = FirmwareUuid.Of("web");

        uuid.ShouldBe(FirmwareUuid.Of("web"));
        uuid[14].ShouldBe('5');
        uuid.ShouldNotBe(FirmwareUuid.Of("web2"));
    }

    private static VirtualMachineStatus Describe(VirtualMachine vm, VirtualMachineInstance? vmi)
    {
        var facts = Make.Facts(vm, vmi);
        return VmStatus.Describe(facts, VmPlanner.Decide(facts), null);
    }
}

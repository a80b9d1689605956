using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtController;

namespace Dovetail.Virt.Tests.VirtController;

/// <summary>The life of a VM through the real API, also when every write of virt-controller fails once.</summary>
public sealed class LifecycleTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("web", WriteFault.None)]
    [InlineData("a-name-that-is-longer-than-a-label-may-be-and-still-a-legal-name-of-a-vm", WriteFault.None)]
    [InlineData("web", WriteFault.Refused)]
    [InlineData("web", WriteFault.AnswerLost)]
    public async Task A_vm_is_started_handed_over_and_taken_away_again(string name, WriteFault fault)
    {
        await using var plane = await ControlPlane.StartAsync(Ct, fault);
        await plane.Api.CreateAsync(KubeVirtTypes.VirtualMachines, Vm(name, RunStrategies.Always), Ct);

        var vmi = await plane.UntilAsync(KubeVirtTypes.VirtualMachineInstances, name, v => v?.Status?.Phase == VmiPhases.Scheduling, Ct);
        var pod = await plane.PodOfAsync(vmi!, Ct);
        await plane.StartPodAsync(pod, Ct);
        var scheduled = await plane.UntilAsync(KubeVirtTypes.VirtualMachineInstances, name, v => v?.Status?.Phase == VmiPhases.Scheduled, Ct);
        scheduled!.Status!.NodeName.ShouldBe("node-1");
        await plane.SetPhaseAsync(name, VmiPhases.Running, Ct);
        var vm = await plane.UntilAsync(KubeVirtTypes.VirtualMachines, name, v => v?.Status is { PrintableStatus: PrintableStatuses.Running, Ready: true }, Ct);
        vm!.Spec!.Template!.Spec!.Domain!.Firmware!.Uuid.ShouldNotBeNullOrEmpty();
        vm.Status!.RunStrategy.ShouldBe(RunStrategies.Always);

        await plane.Api.DeleteAsync(KubeVirtTypes.VirtualMachines, "demo", name, new(), Ct);
        await plane.UntilAsync(BuiltInTypes.Pods, pod.Metadata.Name, p => p?.Metadata.DeletionTimestamp is not null, Ct);
        await plane.SetPhaseAsync(name, VmiPhases.Succeeded, Ct);
        await plane.RemovePodAsync(pod.Metadata.Name, Ct);
        await plane.UntilAsync(KubeVirtTypes.VirtualMachineInstances, name, v => v is null, Ct);
        await plane.UntilAsync(KubeVirtTypes.VirtualMachines, name, v => v is null, Ct);
        (await plane.Api.ListAsync(BuiltInTypes.Pods, "demo", new(), Ct)).Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_guest_that_ends_is_started_again_and_one_that_never_ran_waits()
    {
        await using var plane = await ControlPlane.StartAsync(Ct);
        await plane.Api.CreateAsync(KubeVirtTypes.VirtualMachines, Vm("web", RunStrategies.Always), Ct);
        var first = (await plane.UntilAsync(KubeVirtTypes.VirtualMachineInstances, "web", v => v?.Status?.Phase == VmiPhases.Scheduling, Ct))!;
        var pod = await plane.PodOfAsync(first, Ct);
        await plane.StartPodAsync(pod, Ct);
        await plane.SetPhaseAsync("web", VmiPhases.Running, Ct);
        await plane.SetPhaseAsync("web", VmiPhases.Failed, Ct);
        await plane.PatchAsync(KubeVirtTypes.VirtualMachineInstances, "web", """{"status":{"phaseTransitionTimestamps":[{"phase":"Running"},{"phase":"Failed"}]}}""", "", Ct);
        await plane.UntilAsync(BuiltInTypes.Pods, pod.Metadata.Name, p => p?.Metadata.DeletionTimestamp is not null, Ct);
        await plane.RemovePodAsync(pod.Metadata.Name, Ct);

        var second = (await plane.UntilAsync(KubeVirtTypes.VirtualMachineInstances, "web", v => v?.Status?.Phase == VmiPhases.Scheduling && v.Metadata.Uid != first.Metadata.Uid, Ct))!;
        await plane.RemovePodAsync((await plane.PodOfAsync(second, Ct)).Metadata.Name, Ct);

        var vm = await plane.UntilAsync(KubeVirtTypes.VirtualMachines, "web", v => v?.Status?.PrintableStatus == PrintableStatuses.CrashLoopBackOff, Ct);
        vm!.Status!.StartFailure!.ConsecutiveFailCount.ShouldBe(1);
        vm.Status.StartFailure.LastFailedVMIUID.ShouldBe(second.Metadata.Uid);
    }

    [Fact]
    public async Task A_halted_vm_stays_off_until_a_paused_start_is_asked_for()
    {
        await using var plane = await ControlPlane.StartAsync(Ct);
        await plane.Api.CreateAsync(KubeVirtTypes.VirtualMachines, Vm("web", RunStrategies.Halted), Ct);
        var off = await plane.UntilAsync(KubeVirtTypes.VirtualMachines, "web", v => v?.Status is { PrintableStatus: PrintableStatuses.Stopped, Conditions: not null }, Ct);
        off!.Status!.Conditions.Get(ConditionTypes.Ready)!.Reason.ShouldBe("VMINotExists");

        await plane.PatchAsync(KubeVirtTypes.VirtualMachines, "web", """{"status":{"stateChangeRequests":[{"action":"Start","data":{"paused":"true"}}]}}""", "status", Ct);

        var on = await plane.UntilAsync(KubeVirtTypes.VirtualMachines, "web", v => v?.Status is { PrintableStatus: PrintableStatuses.Starting, StateChangeRequests: null, Created: true }, Ct);
        on!.Spec!.RunStrategy.ShouldBe(RunStrategies.Always);
    }

    private static VirtualMachine Vm(string name, string strategy)
    {
        var spec = Make.Spec();
        spec.Domain!.Firmware = null;
        return new() { Metadata = new() { Name = name, NamespaceProperty = "demo" }, Spec = new() { RunStrategy = strategy, Template = new() { Spec = spec } } };
    }
}

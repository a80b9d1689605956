using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using Dovetail.Virt.VirtController.VirtualMachines;
using k8s.Models;

namespace Dovetail.Virt.Tests.VirtController;

/// <summary>Objects for facts.</summary>
internal static class Make
{
    public static readonly DateTime Now = new(2026, 11, 23, 14, 0, 0, DateTimeKind.Utc);

    public static VirtualMachine Vm(string? strategy = RunStrategies.Always, Action<VirtualMachine>? change = null)
    {
        var vm = new VirtualMachine
        {
            Metadata = new() { Name = "web", NamespaceProperty = "demo", Uid = "vm-1", ResourceVersion = "7", Generation = 3, Finalizers = [KubeVirtFinalizers.VmController] },
            Spec = new() { RunStrategy = strategy, Template = new() { Spec = Spec() } },
            Status = new(),
        };
        change?.Invoke(vm);
        return vm;
    }

    public static VirtualMachineInstanceSpec Spec() => new()
    {
        Domain = new()
        {
            Cpu = new() { Cores = 2 },
            Memory = new() { Guest = new("512Mi") },
            Firmware = new() { Uuid = "11111111-2222-3333-4444-555555555555" },
            Devices = new() { Disks = [new() { Name = "root", DiskDevice = new() { Bus = "virtio" } }] },
        },
        Volumes = [new() { Name = "root", ContainerDisk = new() { Image = "127.0.0.1:5000/dovetail/tiny" } }],
    };

    public static VirtualMachineInstance Vmi(string? phase, bool deleting = false, Action<VirtualMachineInstance>? change = null)
    {
        var vmi = new VirtualMachineInstance
        {
            Metadata = new()
            {
                Name = "web", NamespaceProperty = "demo", Uid = "vmi-1", ResourceVersion = "9",
                Finalizers = [KubeVirtFinalizers.VmController, KubeVirtFinalizers.VmiForegroundDelete],
                DeletionTimestamp = deleting ? Now : null,
            },
            Spec = Spec(),
            Status = new() { Phase = phase },
        };
        change?.Invoke(vmi);
        return vmi;
    }

    public static VmFacts Facts(VirtualMachine vm, VirtualMachineInstance? vmi = null, bool stranger = false, double jitter = 0) => new(vm, vmi, stranger, Now, jitter);

    public static VmiFacts Facts(VirtualMachineInstance vmi, V1Pod? pod = null, KvmOnNodes kvm = KvmOnNodes.None) => new(vmi, pod, kvm, Now);

    public static V1Pod Pod(string phase = "Running", bool ready = false, bool deleting = false) => new()
    {
        Metadata = new() { Name = "virt-launcher-web-0", NamespaceProperty = "demo", Uid = "pod-1", DeletionTimestamp = deleting ? Now : null },
        Spec = new() { NodeName = "node-1", Containers = [] },
        Status = new()
        {
            Phase = phase,
            Conditions =
            [
                new() { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = Now.AddSeconds(-1) },
                new() { Type = LauncherReadinessGate.VirtualMachineUnpaused, Status = "True" },
            ],
        },
    };

    public static VirtualMachineInstanceCondition Condition(string type, string status, string reason = "", string message = "") =>
        new() { Type = type, Status = status, Reason = reason, Message = message };

    public static VirtualMachineStateChangeRequest Start(bool paused = false) =>
        new() { Action = StateChangeActions.Start, Data = paused ? new Dictionary<string, string> { ["paused"] = "true" } : null };

    public static VirtualMachineStateChangeRequest Stop(string uid = "vmi-1") => new() { Action = StateChangeActions.Stop, Uid = uid };

    /// <summary>Steps as one readable line: plans are compared by text.</summary>
    public static string Text(VmPlan plan) => string.Join(", ", plan.Steps.Concat(plan.Releases).Select(step => step switch
    {
        VmStep.CreateVmi { Paused: true } => "create paused",
        VmStep.CreateVmi => "create",
        VmStep.DeleteVmi => "delete",
        VmStep.SwitchOn => "switch on",
        VmStep.ReleaseVmi => "release vmi",
        VmStep.ReleaseVm => "release vm",
        VmStep.Adopt adopt => $"adopt{(adopt.Finalizer ? " finalizer" : "")}{(adopt.FirmwareUuid is null ? "" : " uuid")}",
        _ => step.ToString(),
    }));
}

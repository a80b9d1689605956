using Dovetail.Api;
using Dovetail.Api.Json;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using k8s.Models;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dovetail.Virt.VirtHandler.Status;

/// <summary>
/// The part of a VMI's status that is virt-handler's from hand-over on: phase, reason, its conditions, machine, memory, guest agent's data, interfaces. It becomes a JSON patch that
/// tests what virt-controller writes too (phase, conditions) and carries only what differs.
/// </summary>
internal static class VmiStatusWriter
{
    /// <summary>The patch; null when everything is there already.</summary>
    public static ReadOnlyMemory<byte>? Patch(VmiFacts facts, VmiPlan plan)
    {
        var old = facts.Vmi.Status ?? new VirtualMachineInstanceStatus();
        var now = Desired(facts, plan, old);
        var patch = new JsonPatchBuilder();
        var any = false;
        if (facts.Vmi.Status is null) patch.Add(["status"], new VirtualMachineInstanceStatus(), Json<VirtualMachineInstanceStatus>());
        if (old.Phase is { } phase) patch.Test(["status", "phase"], phase);
        if (old.Conditions is { } conditions) patch.Test(["status", "conditions"], conditions, Json<IList<VirtualMachineInstanceCondition>>());

        Set("phase", old.Phase, now.Phase);
        Set("reason", old.Reason, now.Reason);
        Set("phaseTransitionTimestamps", old.PhaseTransitionTimestamps, now.PhaseTransitionTimestamps);
        Set("conditions", old.Conditions, now.Conditions);
        Set("machine", old.Machine, now.Machine);
        Set("memory", old.Memory, now.Memory);
        Set("guestOSInfo", old.GuestOSInfo, now.GuestOSInfo);
        Set("interfaces", old.Interfaces, now.Interfaces);
        if (!any) return null;
        return patch.Build();

        void Set<T>(string field, T? before, T? after)
            where T : class
        {
            var json = Json<T>();
            if (after is null ? before is null : before is not null && JsonSerializer.Serialize(before, json) == JsonSerializer.Serialize(after, json)) return;
            any = true;
            if (after is null) patch.Remove(["status", field]);
            else patch.Add(["status", field], after, json);
        }
    }

    internal static VirtualMachineInstanceStatus Desired(VmiFacts facts, VmiPlan plan, VirtualMachineInstanceStatus old)
    {
        var alive = facts.Guest is { State: DomainState.Running or DomainState.Paused } ? facts.Guest : null;
        return new VirtualMachineInstanceStatus
        {
            Phase = plan.Phase,
            Reason = plan.Reason.Length > 0 ? plan.Reason : old.Reason,
            PhaseTransitionTimestamps = Transitions(old, plan.Phase, facts.Now),
            Conditions = VmiConditions.Merge(old.Conditions, facts, plan, alive),
            Machine = alive is { MachineType.Length: > 0 } ? new Machine { Type = alive.MachineType } : old.Machine,
            Memory = alive is null || old.Memory?.MemoryOverhead is not null ? old.Memory : Memory(old.Memory, facts.Vmi.Spec!),
            GuestOSInfo = alive is { AgentConnected: true, Guest: { } guest } ? OsInfo(guest) : old.GuestOSInfo,
            Interfaces = alive is null ? old.Interfaces : VmiInterfaces.Of(facts, alive),
        };
    }

    /// <summary>What the guest is started with, and what its launcher pod reserves beside it.</summary>
    private static MemoryStatus Memory(MemoryStatus? old, VirtualMachineInstanceSpec spec)
    {
        var guest = Quantity(Domain.GuestMemory.Bytes(spec.Domain!));
        return new()
        {
            GuestAtBoot = old?.GuestAtBoot ?? guest, GuestCurrent = old?.GuestCurrent ?? guest, GuestRequested = old?.GuestRequested ?? guest,
            MemoryOverhead = Quantity((long)LauncherResources.MemoryOverhead(spec)),
        };
    }

    internal static VirtualMachineInstanceGuestOSInfo OsInfo(GuestInfo guest) => new()
    {
        Name = guest.OsName, Id = guest.OsId, KernelRelease = guest.KernelRelease, KernelVersion = guest.KernelVersion, Machine = guest.Machine,
        PrettyName = guest.OsPrettyName, Version = guest.OsVersion, VersionId = guest.OsVersionId,
    };

    private static IList<VirtualMachineInstancePhaseTransitionTimestamp>? Transitions(VirtualMachineInstanceStatus old, string phase, DateTime now) => old.Phase == phase
        ? old.PhaseTransitionTimestamps
        : [.. (old.PhaseTransitionTimestamps ?? []).Where(t => t.Phase != phase), new() { Phase = phase, PhaseTransitionTimestamp = now }];

    private static ResourceQuantity Quantity(long bytes) => bytes % (1024 * 1024) == 0 ? new($"{bytes / (1024 * 1024)}Mi") : new($"{bytes}");

    private static JsonTypeInfo<T> Json<T>() => KubeJson.TypeInfo<T>(ApiTypes.JsonOptions);
}

using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Seam;
using Dovetail.Simulation.Tests.World;
using Dovetail.Virt;
using k8s.Models;

namespace Dovetail.Simulation.Tests.Scenarios;

/// <summary>What must hold once the world is quiet.</summary>
internal static class Promises
{
    /// <param name="cluster">The world.</param>
    /// <param name="asked">What the user knows of each VM.</param>
    public static async Task<string?> FirstUnkeptAsync(Cluster cluster, IReadOnlyDictionary<string, Ledger> asked)
    {
        const string Namespace = FirstStart.Namespace;
        var vms = (await cluster.User.ListAsync(KubeVirtTypes.VirtualMachines, Namespace, new ListOptions(), CancellationToken.None)).Items;
        var vmis = (await cluster.User.ListAsync(KubeVirtTypes.VirtualMachineInstances, Namespace, new ListOptions(), CancellationToken.None)).Items;
        var pods = (await cluster.User.ListAsync(BuiltInTypes.Pods, Namespace, new ListOptions(), CancellationToken.None)).Items;
        return asked.Select(entry => Contradiction(entry.Key, entry.Value, vms, vmis)).FirstOrDefault(text => text is not null)
            ?? Leavings(vms, vmis, pods) ?? Orphans(cluster.Machine, vmis, pods) ?? vms.Select(vm => Unkept(cluster.Machine, vm, vmis)).FirstOrDefault(text => text is not null);
    }

    /// <summary>What was acknowledged is so.</summary>
    private static string? Contradiction(string name, Ledger ledger, IReadOnlyList<VirtualMachine> vms, IReadOnlyList<VirtualMachineInstance> vmis)
    {
        var vm = vms.FirstOrDefault(vm => vm.Metadata.Name == name);
        return ledger.Exists switch
        {
            true when vm is null => $"VM {name} is lost",
            false when vm is not null => $"VM {name} was deleted but is still there, with {Held(vm.Metadata)}",
            _ => vm is null ? null : ledger.Contradicts(vm, vmis.FirstOrDefault(vmi => vmi.Metadata.Name == name)),
        };
    }

    /// <summary>What was deleted is gone, finalizers and all.</summary>
    private static string? Leavings(IReadOnlyList<VirtualMachine> vms, IReadOnlyList<VirtualMachineInstance> vmis, IReadOnlyList<V1Pod> pods)
    {
        foreach (var vm in vms.Where(vm => vm.Metadata.DeletionTimestamp is not null)) return $"VM {vm.Metadata.Name} cannot go, with {Held(vm.Metadata)}";
        foreach (var vmi in vmis.Where(vmi => vmi.Metadata.DeletionTimestamp is not null)) return $"VMI {vmi.Metadata.Name} is {vmi.Status?.Phase} and cannot go, with {Held(vmi.Metadata)}";
        foreach (var pod in pods.Where(pod => pod.Metadata.DeletionTimestamp is not null)) return $"pod {pod.Metadata.Name} cannot go, with {Held(pod.Metadata)}";
        return null;
    }

    private static string? Orphans(NodeMachine machine, IReadOnlyList<VirtualMachineInstance> vmis, IReadOnlyList<V1Pod> pods)
    {
        foreach (var pod in pods.Where(pod => vmis.All(vmi => pod.Metadata.OwnerReferences?.Any(owner => owner.Uid == vmi.Metadata.Uid) != true)))
            return $"pod {pod.Metadata.Name} has lost its VMI";
        foreach (var vmi in vmis.Where(vmi => pods.Count(pod => pod.Metadata.OwnerReferences?.Any(owner => owner.Uid == vmi.Metadata.Uid) == true && pod.Status?.Phase is not ("Succeeded" or "Failed")) > 1))
            return $"VMI {vmi.Metadata.Name} has more than one launcher pod";
        foreach (var guest in machine.Sandboxes.Where(guest => pods.All(pod => pod.Metadata.Uid != guest.PodUid)))
            return $"the sandbox of pod {guest.PodUid} of {guest.Vmi} ({guest.Guest.State}) has lost its pod";
        // An end that nobody told the node agent about is found at its next look at everything.
        foreach (var guest in machine.Sandboxes.Where(guest => guest.HasEnded && pods.Any(pod => pod.Metadata.Uid == guest.PodUid && pod.Status?.Phase == "Running")))
            return $"the pod of {guest.Vmi} runs, and its guest is {guest.Guest.State}";
        return null;
    }

    private static string? Unkept(NodeMachine machine, VirtualMachine vm, IReadOnlyList<VirtualMachineInstance> vmis)
    {
        var name = vm.Metadata.Name;
        var vmi = vmis.FirstOrDefault(vmi => vmi.Metadata.Name == name);
        var phase = vmi?.Status?.Phase;
        var live = machine.Sandboxes.Count(guest => guest.Vmi.Name == name && guest.IsLive);
        var status = vm.Status?.PrintableStatus;
        var state = $"VM {name} ({vm.Spec?.RunStrategy}) has status {status}, VMI {phase ?? "none"} and {live} live guests{Why(vmi)}";
        return vm.Spec?.RunStrategy switch
        {
            RunStrategies.Always => phase == VmiPhases.Running && live == 1 && status == PrintableStatuses.Running ? null : state,
            RunStrategies.Halted => vmi is null && live == 0 && status == PrintableStatuses.Stopped ? null : state,
            RunStrategies.RerunOnFailure => Settled(restartsFailed: true) ? null : state,
            _ => Settled(restartsFailed: false) ? null : state,
        };

        // The other strategies end running or stopped; the status, the VMI and the guest must tell the same story. A start that only waits for its time is no end;
        // a guest that was to run once and could not be started says CrashLoopBackOff for good, as upstream.
        bool Settled(bool restartsFailed) => phase switch
        {
            VmiPhases.Running => live == 1 && status == PrintableStatuses.Running,
            VmiPhases.Failed => !restartsFailed && live == 0 && (status == PrintableStatuses.Stopped || (status == PrintableStatuses.CrashLoopBackOff && vm.Spec?.RunStrategy == RunStrategies.Once)),
            VmiPhases.Succeeded or null => live == 0 && status == PrintableStatuses.Stopped,
            _ => false,
        };
    }

    private static string Why(VirtualMachineInstance? vmi) =>
        string.Concat(vmi?.Status?.Conditions?.Where(condition => condition.Status == "False").Select(condition => $"; {condition.Type}: {condition.Reason} {condition.Message}") ?? []);

    private static string Held(V1ObjectMeta metadata) => metadata.Finalizers is { Count: > 0 } ? $"finalizers {string.Join(", ", metadata.Finalizers)}" : "no finalizers";
}

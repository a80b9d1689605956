using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Simulation.Tests.Kernel;
using Dovetail.Store;
using Dovetail.Virt;
using k8s;
using k8s.Models;

namespace Dovetail.Simulation.Tests.World;

/// <summary>Sees every write at the moment when it is committed, and knows which of them must never be.</summary>
internal sealed class Judge(SimulationLoop loop, NodeMachine machine, ParsedRevisions revisions, Action<string> tell)
{
    private static readonly HashSet<(string From, string To)> Legal =
    [
        (VmiPhases.Unset, VmiPhases.Pending), (VmiPhases.Unset, VmiPhases.Scheduling), (VmiPhases.Unset, VmiPhases.Failed),
        (VmiPhases.Pending, VmiPhases.Scheduling), (VmiPhases.Pending, VmiPhases.Failed),
        (VmiPhases.Scheduling, VmiPhases.Scheduled), (VmiPhases.Scheduling, VmiPhases.Failed),
        (VmiPhases.Scheduled, VmiPhases.Running), (VmiPhases.Scheduled, VmiPhases.Succeeded), (VmiPhases.Scheduled, VmiPhases.Failed),
        (VmiPhases.Running, VmiPhases.Succeeded), (VmiPhases.Running, VmiPhases.Failed),
    ];

    private readonly Dictionary<string, string> phases = [];
    private readonly Dictionary<ObjectKey, int> writes = [];

    /// <summary>The first broken promise; null while all are kept.</summary>
    public string? Violation { get; private set; }

    /// <summary>Begins to count writes anew.</summary>
    public void CountAnew() => writes.Clear();

    /// <summary>What has been written since <see cref="CountAnew"/>, heartbeats and events apart; null when nothing was.</summary>
    public string? Written() => writes.Count == 0 ? null : string.Join(", ", writes.Select(entry => $"{entry.Key.Resource} {entry.Key.Name} ({entry.Value} times)"));

    /// <param name="write">What was asked.</param>
    /// <param name="now">What is there since.</param>
    /// <param name="world">Everything that is there since.</param>
    public void Committed(StoreWrite write, StoredObject now, IStoreSnapshot world)
    {
        loop.Note(now.Bytes);
        var resource = now.Key.Resource;
        if (resource is "events" or "leases.coordination.k8s.io" or "nodes") return;
        writes[now.Key] = writes.GetValueOrDefault(now.Key) + 1;
        if (resource == "virtualmachines.kubevirt.io") Tell(write, KubeVirtTypes.VirtualMachines, now, vm => $"{vm.Spec?.RunStrategy} {vm.Status?.PrintableStatus}, asked to {Requests(vm)}");
        if (resource == "pods") Tell(write, BuiltInTypes.Pods, now, pod => $"{pod.Status?.Phase} on {pod.Spec.NodeName}{Going(pod)}");
        if (resource != "virtualmachineinstances.kubevirt.io") return;
        Tell(write, KubeVirtTypes.VirtualMachineInstances, now, instance => $"{instance.Status?.Phase}{Going(instance)}");
        var vmi = revisions.Parse(KubeVirtTypes.VirtualMachineInstances, new ObjectBytes(now.Revision, now.Bytes));
        var (uid, phase) = (vmi.Metadata.Uid, vmi.Status?.Phase ?? VmiPhases.Unset);
        var before = phases.GetValueOrDefault(uid, phase);
        phases[uid] = phase;
        if (before != phase && !Legal.Contains((before, phase))) Violation ??= $"VMI {now.Key.Name} {uid} went from {before} to {phase}";
        if (before != phase && phase == VmiPhases.Failed && vmi.Metadata.DeletionTimestamp is null && Healthy(uid, now.Key.Namespace, world) is { } pod)
            Violation ??= $"VMI {now.Key.Name} {uid} says Failed, but nothing is wrong with its pod {pod}";
        if (!VmiPhases.IsFinal(phase) && write is not StoreWrite.Delete) return;
        if (machine.Sandboxes.FirstOrDefault(sandbox => sandbox.VmiUid == uid && sandbox.IsLive) is { } guest)
            Violation ??= $"VMI {now.Key.Name} {uid} {(write is StoreWrite.Delete ? "is gone" : $"says {phase}")} while its guest is {guest.Guest.State} in pod {guest.PodUid}";
    }

    private static string Going(IKubernetesObject<V1ObjectMeta> obj) => obj.Metadata.DeletionTimestamp is null ? "" : $", to go, held by {string.Join(", ", obj.Metadata.Finalizers ?? [])}";

    private static string Requests(VirtualMachine vm) => vm.Status?.StateChangeRequests is { Count: > 0 } requests ? string.Join(", ", requests.Select(request => request.Action)) : "nothing";

    private void Tell<T>(StoreWrite write, ResourceType<T> type, StoredObject now, Func<T, string> state)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        tell($"{type.Kind} {now.Key.Name} @{now.Revision}: {(write is StoreWrite.Delete ? "gone" : state(revisions.Parse(type, new ObjectBytes(now.Revision, now.Bytes))))}");

    /// <summary>A VMI's pod that nobody has deleted, with a sandbox that is on its way or whose guest has not ended.</summary>
    private string? Healthy(string vmiUid, string ns, IStoreSnapshot world)
    {
        var pods = world.List("pods", ns).Select(stored => revisions.Parse(BuiltInTypes.Pods, new ObjectBytes(stored.Revision, stored.Bytes)));
        return pods.FirstOrDefault(pod => pod.Metadata is { DeletionTimestamp: null, OwnerReferences: { } owners } && owners.Any(owner => owner.Uid == vmiUid)
            && pod.Status?.Phase is not ("Succeeded" or "Failed") && (machine.Find(pod.Metadata.Uid) is null or { Runs: true, HasEnded: false }))?.Metadata.Name;
    }
}

/// <summary>A store whose commits a judge sees.</summary>
internal sealed class JudgedStore(IRevisionStore store, Judge judge) : IRevisionStore
{
    public IStoreSnapshot Current => store.Current;

    public long CompactedRevision => store.CompactedRevision;

    public string? WriteFailure => store.WriteFailure;

    public async ValueTask<WriteOutcome> WriteAsync(StoreWrite write, CancellationToken ct)
    {
        var outcome = await store.WriteAsync(write, ct);
        if (outcome is WriteOutcome.Committed committed) judge.Committed(write, committed.Object, store.Current);
        return outcome;
    }

    public IStoreWatch Watch(string? resource, long fromRevision) => store.Watch(resource, fromRevision);

    public ValueTask<StoredObject?> FindAtAsync(ObjectKey key, long revision, CancellationToken ct) => store.FindAtAsync(key, revision, ct);

    public ValueTask<IStoreSnapshot> SnapshotAtAsync(string resource, long revision, CancellationToken ct) => store.SnapshotAtAsync(resource, revision, ct);

    public ValueTask CompactAsync(long revision, CancellationToken ct) => store.CompactAsync(revision, ct);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}

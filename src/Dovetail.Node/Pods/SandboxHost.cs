using System.Net.Sockets;
using Dovetail.Node.Host;
using Dovetail.Node.Network;
using Dovetail.Node.Sandbox;
using k8s.Models;

namespace Dovetail.Node.Pods;

/// <summary>No uid of the platform's range is free.</summary>
internal sealed class NoFreeUidException() : IOException($"all {UidRange.Size} sandbox uids of this node are taken: delete a virtual machine");

/// <summary>What the node offers to sandboxes at this moment; one snapshot, swapped whole.</summary>
internal sealed record SandboxOffer(bool Kvm, string? WarmCapabilities);

/// <summary>The acts on one pod's sandbox, each of them repeatable, with the record written before what it names is made.</summary>
internal sealed class SandboxHost(NodeAgentOptions options, SandboxRecords records, Sandboxes sandboxes, PodNetwork network, TimeProvider time)
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(2);
    private readonly Lock uids = new();
    private readonly NodePaths paths = new(options.InstanceId, options.DataDirectory);

    /// <summary>The record brought up to what is on the host: a started sandbox found again, an ended one marked so.</summary>
    public SandboxRecord? Observe(string podUid)
    {
        if (records.Find(podUid) is not { } record) return null;
        return record.Phase switch
        {
            SandboxPhase.Ended => record,
            SandboxPhase.Preparing => record.BootId == Boot.Id ? record : Renewed(record),
            SandboxPhase.Starting => ObserveStarting(record),
            SandboxPhase.Running => sandboxes.HasEnded(podUid, record.Init) ? Ended(record) : record,
        };
    }

    public static SandboxState StateOf(SandboxRecord? record) => record is null ? SandboxState.None : record.Phase switch
    {
        SandboxPhase.Preparing or SandboxPhase.Starting => SandboxState.Prepared,
        SandboxPhase.Running => SandboxState.Live,
        SandboxPhase.Ended => SandboxState.Dead,
    };

    public async Task PrepareAsync(V1Pod pod, CancellationToken ct)
    {
        var record = records.Find(pod.Metadata.Uid) ?? Allocate(pod);
        if (record.PodIps.Length > 0) return;
        var addresses = await network.ConnectAsync(record.PodUid, record.Netns, ct);
        records.Write(record with { PodIps = addresses });
    }

    public async Task StartAsync(V1Pod pod, IEnumerable<PullState> pulls, SandboxOffer offer, CancellationToken ct)
    {
        var record = records.Find(pod.Metadata.Uid) ?? throw new InvalidOperationException($"pod {pod.Metadata.Uid} has no record");
        if (record.PodIps.Length == 0) throw new InvalidOperationException($"pod {pod.Metadata.Uid} is not on the network yet");
        record = records.Write(record with
        {
            Phase = SandboxPhase.Starting,
            Disks = [.. pulls.Select(p => new BoundDisk(p.Wanted.Container, p.Disk!.Reference, p.Disk.Digest, p.Disk.Path, p.Wanted.InsidePath))],
        });
        var spec = LauncherPod.Spec(pod, record, network.Subnet.Gateway.ToString(), options, offer.Kvm);
        try
        {
            Running(record, await sandboxes.StartAsync(spec, offer.WarmCapabilities, ct));
        }
        catch (SandboxStartException)
        {
            await sandboxes.KillAsync(record.PodUid, ct);
            records.Write(record with { Phase = SandboxPhase.Preparing });
            throw;
        }
    }

    /// <summary>Connects to the launcher's socket; remembers that it answered.</summary>
    public async Task ProbeLauncherAsync(string podUid, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ProbeLimit);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.LauncherSocket(podUid)), limit.Token);
        }
        catch (Exception e) when (e is SocketException || e is OperationCanceledException && !ct.IsCancellationRequested)
        {
            return; // not there yet
        }

        if (records.Find(podUid) is { } record) records.Write(record with { LauncherAnsweredAt = time.GetUtcNow() });
    }

    /// <summary>SIGTERM to init, then remembered: an agent that dies in between asks twice, which the launcher takes as once.</summary>
    public void Terminate(SandboxRecord record)
    {
        record.Init.Signal(Native.SigTerm);
        records.Write(record with { TermSentAt = record.TermSentAt ?? time.GetUtcNow() });
    }

    public Task KillAsync(string podUid, CancellationToken ct) => sandboxes.KillAsync(podUid, ct);

    /// <summary>Removes all that a pod has on this host; the record goes last.</summary>
    public async Task RemoveAsync(string podUid, CancellationToken ct)
    {
        await sandboxes.KillAsync(podUid, ct);
        var netns = records.Find(podUid)?.Netns ?? HostNames.Netns(options.InstanceId, podUid);
        await network.DisconnectAsync(podUid, netns, ct);
        await sandboxes.RemoveAsync(podUid, ct);
        records.Remove(podUid);
    }

    public Task WaitForExitAsync(SandboxRecord record, CancellationToken ct) => sandboxes.WaitForExitAsync(record.PodUid, record.Init, ct);

    private SandboxRecord Allocate(V1Pod pod)
    {
        lock (uids)
        {
            var uid = UidRange.Free(options.InstanceId, records.List().Select(r => r.Uid).ToHashSet()) ?? throw new NoFreeUidException();
            return records.Write(new SandboxRecord
            {
                PodUid = pod.Metadata.Uid,
                Namespace = pod.Metadata.NamespaceProperty,
                Name = pod.Metadata.Name,
                Uid = uid,
                Netns = HostNames.Netns(options.InstanceId, pod.Metadata.Uid),
                BootId = Boot.Id,
                Phase = SandboxPhase.Preparing,
            });
        }
    }

    /// <summary>A reboot took the namespace: the pod has to be connected again before it starts.</summary>
    private SandboxRecord Renewed(SandboxRecord record) => records.Write(record with { BootId = Boot.Id, PodIps = [] });

    private SandboxRecord ObserveStarting(SandboxRecord record)
    {
        if (record.BootId != Boot.Id) return Renewed(record with { Phase = SandboxPhase.Preparing });
        if (sandboxes.Find(record.PodUid) is { } found) return Running(record, found);

        // Started by an agent that died before it could write so, and ended since; or never started.
        return sandboxes.HasRun(record.PodUid) ? Ended(record) : record;
    }

    private SandboxRecord Running(SandboxRecord record, RunningSandbox sandbox) => records.Write(record with
    {
        Phase = SandboxPhase.Running,
        InitPid = sandbox.Init.Pid,
        InitStartTicks = sandbox.Init.StartTicks,
        StartedAt = time.GetUtcNow(),
    });

    private SandboxRecord Ended(SandboxRecord record)
    {
        var rebooted = record.BootId != Boot.Id;
        var code = rebooted ? null : sandboxes.ExitCode(record.PodUid);
        return records.Write(record with
        {
            Phase = SandboxPhase.Ended,
            EndedAt = time.GetUtcNow(),
            ExitCode = code ?? 137,
            EndReason = rebooted ? "NodeRebooted" : code is null or 137 ? "Killed" : code == 0 ? "" : "Error",
            EndMessage = rebooted ? "the node was rebooted while the sandbox ran" : code is null or 137 ? "the sandbox's init was killed" : "",
        });
    }
}

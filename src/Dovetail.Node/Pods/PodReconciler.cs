using System.Collections.Concurrent;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Pods;

/// <summary>What pods need to know of the node as a whole.</summary>
internal interface INodeView
{
    /// <summary>Why pods cannot be run now; null when they can.</summary>
    string? Blocked { get; }

    string HostIp { get; }

    SandboxOffer Offer { get; }
}

/// <summary>Brings one pod of this node, named by its uid, to what its object asks for: observe, decide, act, until nothing is left to do.</summary>
internal sealed class PodReconciler(IKubeApi api, IResourceCache<V1Pod> cache, SandboxHost host, ImagePulls pulls, INodeView node, PodContext context) : IReconciler<string>
{
    private const int MaxRounds = 12;
    private static readonly TimeSpan RestAfterRounds = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, Task> watched = new();
    private readonly ConcurrentDictionary<string, string> troubles = new();

    /// <summary>Set by the controller that runs this: puts a pod in again.</summary>
    public required Action<string> Requeue { get; set; }

    public async Task<Outcome> ReconcileAsync(string podUid, CancellationToken ct)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var pod = cache.FindByUid(podUid);
            if (pod is not null && !LauncherPod.Is(pod)) return await RefuseAsync(pod, ct);

            var record = host.Observe(podUid);
            var facts = Observe(pod, record);
            var plan = PodPlanner.Decide(facts);
            if (record?.Phase == SandboxPhase.Running) Watch(record, context.Lifetime);
            if (facts is { Wish: PodWish.Gone, Sandbox: SandboxState.None }) Forget(podUid);
            try
            {
                foreach (var step in plan.Steps) await ActAsync(step, podUid, pod, record, ct);
                troubles.TryRemove(podUid, out _);
            }
            catch (Exception failure) when (failure is not (StatusException or OperationCanceledException))
            {
                troubles[podUid] = failure.Message;
                if (pod is not null) await WriteStatusAsync(pod, host.Observe(podUid), facts, plan, ct);
                throw;
            }

            // What was done is looked at before it is told: the way to a running guest has no more writes than it needs.
            if (plan.Steps is [PodStep.ReleaseObject]) return Outcome.Done;
            if (!plan.Steps.IsEmpty && plan.RecheckAt is null && plan.Steps is not [PodStep.ReportLost]) continue;
            if (pod is not null && await WriteStatusAsync(pod, host.Observe(podUid), facts, plan, ct)) continue;
            return plan.RecheckAt is { } at ? Outcome.RequeueAfter(at - context.Time.GetUtcNow()) : Outcome.Done;
        }

        // Something undoes what is done here, as often as it is done: slowly on, and never in a spin.
        return Outcome.RequeueAfter(RestAfterRounds);
    }

    private PodFacts Observe(V1Pod? pod, SandboxRecord? record)
    {
        var now = context.Time.GetUtcNow();
        var states = pod is null ? [] : pulls.Of(pod.Metadata.Uid, LauncherPod.Disks(pod));
        return new PodFacts
        {
            Wish = Wish(pod),
            Sandbox = SandboxHost.StateOf(record),
            Images = ImagePulls.StateOf(states, now),
            HasRun = pod?.Status?.Phase is "Running",
            EndReported = pod?.Status?.Phase is "Succeeded" or "Failed",
            LauncherAnswers = record?.LauncherAnsweredAt is not null,
            StartedAt = record?.StartedAt,
            Grace = TimeSpan.FromSeconds(pod?.Metadata.DeletionGracePeriodSeconds ?? pod?.Spec.TerminationGracePeriodSeconds ?? 30),
            TermSentAt = record?.TermSentAt,
            ImagesRetryAt = states.Select(s => s.RetryAt).Max(),
            PullToldFrom = states.Select(s => s.ToldFrom).Where(at => at > now).Min(),
            NodeBlocked = node.Blocked ?? (pod is null ? null : LauncherPod.Refusal(pod)),
            Now = now,
        };
    }

    private static PodWish Wish(V1Pod? pod) => pod switch
    {
        null => PodWish.Gone,
        { Metadata.DeletionTimestamp: not null } => PodWish.Delete,
        { Status.Phase: "Succeeded" or "Failed" } => PodWish.Finished,
        _ => PodWish.Run,
    };

    private async Task ActAsync(PodStep step, string podUid, V1Pod? pod, SandboxRecord? record, CancellationToken ct)
    {
        switch (step)
        {
            case PodStep.PullImages:
                pulls.Ensure(podUid, LauncherPod.Disks(pod!), () => Requeue(podUid), context.Lifetime);
                break;
            case PodStep.Prepare:
                await host.PrepareAsync(pod!, ct);
                break;
            case PodStep.Start:
                await host.PrepareAsync(pod!, ct);
                await host.StartAsync(pod!, pulls.Of(podUid, LauncherPod.Disks(pod!)), node.Offer, ct);
                context.Logger.SandboxStarted(podUid, pod!.Metadata.NamespaceProperty, pod.Metadata.Name);
                break;
            case PodStep.ProbeLauncher:
                await host.ProbeLauncherAsync(podUid, ct);
                break;
            case PodStep.Terminate:
                context.Logger.SandboxTerminating(podUid, record!.Namespace, record.Name);
                host.Terminate(record);
                break;
            case PodStep.Kill:
                context.Logger.SandboxKilled(podUid, record!.Namespace, record.Name);
                await host.KillAsync(podUid, ct);
                break;
            case PodStep.Remove:
                await host.RemoveAsync(podUid, ct);
                Forget(podUid);
                context.Logger.SandboxRemoved(podUid, record!.Namespace, record.Name);
                break;
            case PodStep.ReleaseObject:
                await ReleaseAsync(pod!, ct);
                break;
            case PodStep.ReportLost: // the status that is written next is the report
                break;
        }
    }

    private Task ReleaseAsync(V1Pod pod, CancellationToken ct) =>
        api.DeleteAsync(BuiltInTypes.Pods, pod.Metadata.NamespaceProperty, pod.Metadata.Name, new DeleteOptions { GracePeriodSeconds = 0, PreconditionUid = pod.Metadata.Uid }, ct);

    /// <summary>True when the object was changed, so that everything has to be looked at anew.</summary>
    private async Task<bool> WriteStatusAsync(V1Pod pod, SandboxRecord? record, PodFacts facts, PodPlan plan, CancellationToken ct)
    {
        var status = PodStatusRenderer.Render(pod, new PodStatusFacts
        {
            Sandbox = SandboxHost.StateOf(record),
            Record = record,
            Pulls = pulls.Of(pod.Metadata.Uid, LauncherPod.Disks(pod)),
            HostIp = node.HostIp,
            Trouble = troubles.GetValueOrDefault(pod.Metadata.Uid) ?? facts.NodeBlocked,
            Lost = plan.Steps.Contains(new PodStep.ReportLost()),
            Now = facts.Now,
        });
        return await PutStatusAsync(pod, status, ct);
    }

    /// <summary>A pod that is no launcher: containers are not served, and its status says so.</summary>
    private async Task<Outcome> RefuseAsync(V1Pod pod, CancellationToken ct)
    {
        if (pod.Metadata.DeletionTimestamp is not null) await ReleaseAsync(pod, ct);
        else if (pod.Status?.Phase is not ("Succeeded" or "Failed")) await PutStatusAsync(pod, UnservedPod.Status(pod, context.Time.GetUtcNow()), ct);
        return Outcome.Done;
    }

    private async Task<bool> PutStatusAsync(V1Pod pod, V1PodStatus status, CancellationToken ct)
    {
        var wanted = BuiltInTypes.Pods.Copy(pod);
        wanted.Status = status;
        if (SameContent.Of(wanted, pod, BuiltInTypes.Pods.Json)) return false;
        V1Pod? newest;
        try
        {
            newest = await api.ReplaceAsync(BuiltInTypes.Pods, wanted, "status", ct);
        }
        catch (StatusException e) when (e.Status.Reason == "Conflict")
        {
            // Another component wrote meanwhile (a readiness gate): decide anew on what it wrote, at once.
            newest = await api.FindAsync(BuiltInTypes.Pods, pod.Metadata.NamespaceProperty, pod.Metadata.Name, ct);
        }

        if (newest is not null) await cache.WaitForRevisionAsync(newest.Metadata.ResourceVersion, ct);
        return true;
    }

    private void Watch(SandboxRecord record, CancellationToken lifetime)
    {
        watched.GetOrAdd(record.PodUid, async _ =>
        {
            await Task.Yield();
            try
            {
                await host.WaitForExitAsync(record, lifetime);
                watched.TryRemove(record.PodUid, out var ended);
                Requeue(record.PodUid);
            }
            catch (OperationCanceledException)
            {
                // The agent stops; the sandbox goes on.
            }
        });
    }

    private void Forget(string podUid)
    {
        pulls.Forget(podUid);
        troubles.TryRemove(podUid, out _);
    }
}

/// <summary>What the reconciler runs in. <see cref="Lifetime"/> ends with the agent: pulls and watches belong to it, not to one reconcile.</summary>
internal sealed record PodContext(TimeProvider Time, ILogger Logger, CancellationToken Lifetime);

using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Node;
using Dovetail.Node.Pods;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Simulation.Tests.World;

/// <summary>
/// The node agent's pods: its real planner and status over simulated sandboxes. What differs from <c>PodReconciler</c> is what the hands do, not what the head decides.
/// </summary>
/// <param name="api">The API as the node sees it.</param>
/// <param name="pods">Its cache of pods.</param>
/// <param name="machine">What it works on.</param>
/// <param name="time">The clock.</param>
/// <param name="random">How long preparation takes.</param>
/// <param name="forgetsOrder">A bug for the simulation to find: the pod is reported gone before its guest is.</param>
internal sealed class NodeAgent(IKubeApi api, IResourceCache<V1Pod> pods, NodeMachine machine, TimeProvider time, Random random, bool forgetsOrder) : IReconciler<string>
{
    private const int MaxRounds = 12;

    public async Task<Outcome> ReconcileAsync(string podUid, CancellationToken ct)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var pod = pods.FindByUid(podUid);
            var record = Observe(podUid);
            var facts = Facts(pod, record);
            var plan = PodPlanner.Decide(facts);
            foreach (var step in plan.Steps) await ActAsync(step, podUid, pod, ct);
            if (plan.Steps is [PodStep.ReleaseObject]) return Outcome.Done;
            if (!plan.Steps.IsEmpty && plan.RecheckAt is null && plan.Steps is not [PodStep.ReportLost]) continue;
            if (pod is not null && await WriteStatusAsync(pod, facts, plan, ct)) continue;
            return plan.RecheckAt is { } at ? Outcome.RequeueAfter(at - time.GetUtcNow()) : Outcome.Done;
        }

        return Outcome.RequeueAfter(TimeSpan.FromSeconds(5));
    }

    /// <summary>The record, brought up to date with what is seen: a process that is gone has ended.</summary>
    private SandboxRecord? Observe(string podUid)
    {
        if (machine.Find(podUid) is not { } sandbox) return null;
        if (sandbox.Record.Phase == SandboxPhase.Running && !sandbox.Runs)
            sandbox.Record = sandbox.Record with { Phase = SandboxPhase.Ended, EndedAt = time.GetUtcNow(), ExitCode = sandbox.ExitCode };
        return sandbox.Record;
    }

    private PodFacts Facts(V1Pod? pod, SandboxRecord? record) => new()
    {
        Wish = pod switch
        {
            null => PodWish.Gone,
            { Metadata.DeletionTimestamp: not null } => PodWish.Delete,
            { Status.Phase: "Succeeded" or "Failed" } => PodWish.Finished,
            _ => PodWish.Run,
        },
        Sandbox = forgetsOrder && pod?.Metadata.DeletionTimestamp is not null ? SandboxState.None : SandboxHost.StateOf(record),
        Images = ImagesState.Ready,
        HasRun = pod?.Status?.Phase is "Running",
        EndReported = pod?.Status?.Phase is "Succeeded" or "Failed",
        LauncherAnswers = record?.LauncherAnsweredAt is not null,
        StartedAt = record?.StartedAt,
        Grace = TimeSpan.FromSeconds(pod?.Metadata.DeletionGracePeriodSeconds ?? pod?.Spec.TerminationGracePeriodSeconds ?? 30),
        TermSentAt = record?.TermSentAt,
        ImagesRetryAt = null,
        NodeBlocked = null,
        Now = time.GetUtcNow(),
    };

    private async Task ActAsync(PodStep step, string podUid, V1Pod? pod, CancellationToken ct)
    {
        switch (step)
        {
            case PodStep.Prepare:
                await PrepareAsync(pod!, ct);
                break;
            case PodStep.Start:
                machine.Start(machine.Find(podUid)!);
                break;
            case PodStep.ProbeLauncher when machine.Find(podUid) is { LauncherAnswers: true } answering:
                answering.Record = answering.Record with { LauncherAnsweredAt = time.GetUtcNow() };
                break;
            case PodStep.Terminate when machine.Find(podUid) is { } ending:
                ending.Record = ending.Record with { TermSentAt = time.GetUtcNow() };
                machine.Terminate(ending);
                break;
            case PodStep.Kill when machine.Find(podUid) is { } killed:
                machine.Kill(killed);
                break;
            case PodStep.Remove:
                if (forgetsOrder && machine.Find(podUid) is { IsLive: true } guest) machine.Terminate(guest);
                else machine.Remove(podUid);
                break;
            case PodStep.ReleaseObject:
                await api.DeleteAsync(
                    BuiltInTypes.Pods, pod!.Metadata.NamespaceProperty, pod.Metadata.Name, new DeleteOptions { GracePeriodSeconds = 0, PreconditionUid = podUid }, ct);
                break;
        }
    }

    private async Task PrepareAsync(V1Pod pod, CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(20 + random.Next(1500)), time, ct);
        var owner = pod.Metadata.OwnerReferences.First(reference => reference.Kind == nameof(VirtualMachineInstance));
        var record = new SandboxRecord
        {
            PodUid = pod.Metadata.Uid, Namespace = pod.Metadata.NamespaceProperty, Name = pod.Metadata.Name, Uid = 100_000, Netns = "", BootId = "", Phase = SandboxPhase.Preparing,
        };
        machine.Create(new Sandbox(record, owner.Uid, new NamespacedName(pod.Metadata.NamespaceProperty, owner.Name)));
    }

    /// <summary>True when the object was changed, so that everything has to be looked at anew.</summary>
    private async Task<bool> WriteStatusAsync(V1Pod pod, PodFacts facts, PodPlan plan, CancellationToken ct)
    {
        var record = Observe(pod.Metadata.Uid);
        var status = PodStatusRenderer.Render(pod, new PodStatusFacts
        {
            Sandbox = SandboxHost.StateOf(record),
            Record = record,
            Pulls = [],
            HostIp = "192.0.2.1",
            Trouble = null,
            Lost = plan.Steps.Contains(new PodStep.ReportLost()),
            Now = facts.Now,
        });
        var wanted = BuiltInTypes.Pods.Copy(pod);
        wanted.Status = status;
        if (SameContent.Of(wanted, pod, BuiltInTypes.Pods.Json)) return false;
        var written = await api.ReplaceAsync(BuiltInTypes.Pods, wanted, "status", ct);
        await pods.WaitForRevisionAsync(written.Metadata.ResourceVersion, ct);
        return true;
    }
}

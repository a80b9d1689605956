using System.Collections.Immutable;
using Dovetail.Node.Images;
using Dovetail.Runtime.Conditions;
using k8s.Models;

namespace Dovetail.Node.Pods;

/// <summary>What a launcher pod's status is made from.</summary>
internal sealed record PodStatusFacts
{
    public required SandboxState Sandbox { get; init; }

    public required SandboxRecord? Record { get; init; }

    public required ImmutableArray<PullState> Pulls { get; init; }

    public required string HostIp { get; init; }

    /// <summary>Why the sandbox is not there yet, beyond images: node or network trouble, a failed start.</summary>
    public required string? Trouble { get; init; }

    /// <summary>The sandbox had to be there and is not.</summary>
    public bool Lost { get; init; }

    public required DateTimeOffset Now { get; init; }
}

/// <summary>Renders the status as kubelet would for such containers. Pure; conditions of others (readiness gates) are kept.</summary>
internal static class PodStatusRenderer
{
    public static V1PodStatus Render(V1Pod pod, PodStatusFacts facts)
    {
        var before = pod.Status ?? new V1PodStatus();
        var phase = Phase(before, facts);
        var running = phase == "Running";
        var containers = pod.Spec.Containers.Select(c => Container(c, facts, before)).ToList();
        var containersReady = running && facts.Record?.LauncherAnsweredAt is not null;
        var now = facts.Now.UtcDateTime;
        var done = phase is "Succeeded" or "Failed";

        var conditions = before.Conditions;
        conditions = conditions.With(new() { Type = "PodReadyToStartContainers", Status = Text(facts.Record?.PodIps.Length > 0 && !done) }, now);
        conditions = conditions.With(new() { Type = "Initialized", Status = "True", Reason = done ? "PodCompleted" : null }, now);
        conditions = conditions.With(ContainersReady(containersReady, done, containers), now);
        conditions = conditions.With(Ready(pod, conditions, containersReady, done), now);
        return before with
        {
            Phase = phase,
            Reason = facts.Lost ? "SandboxLost" : facts.Record?.EndReason is { Length: > 0 } reason && phase == "Failed" ? reason : before.Reason,
            Message = facts.Lost ? "the sandbox is gone without a trace; its data folder was removed" : done ? Trim(facts.Record?.EndMessage) ?? before.Message : Trim(facts.Trouble),
            Conditions = conditions,
            HostIP = facts.HostIp,
            HostIPs = [new V1HostIP { Ip = facts.HostIp }],
            PodIP = facts.Record?.PodIps.FirstOrDefault() ?? before.PodIP,
            PodIPs = facts.Record is { PodIps.Length: > 0 } record ? [.. record.PodIps.Select(ip => new V1PodIP { Ip = ip })] : before.PodIPs,
            StartTime = before.StartTime ?? now,
            ContainerStatuses = containers,
        };
    }

    private static string Phase(V1PodStatus before, PodStatusFacts facts)
    {
        if (before.Phase is "Succeeded" or "Failed") return before.Phase;
        if (facts.Lost) return "Failed";
        return facts.Sandbox switch
        {
            SandboxState.Live => "Running",
            SandboxState.Dead => facts.Record?.ExitCode == 0 ? "Succeeded" : "Failed",
            SandboxState.Prepared or SandboxState.None => before.Phase is "Running" ? "Running" : "Pending",
        };
    }

    private static V1ContainerStatus Container(V1Container container, PodStatusFacts facts, V1PodStatus before)
    {
        var pull = facts.Pulls.FirstOrDefault(p => p.Wanted.Container == container.Name);
        var bound = facts.Record?.Disks.FirstOrDefault(d => d.Container == container.Name);
        var old = before.ContainerStatuses?.FirstOrDefault(c => c.Name == container.Name);
        var live = facts.Sandbox == SandboxState.Live;
        return (old ?? new V1ContainerStatus()) with
        {
            Name = container.Name,
            Image = container.Image ?? "",
            ImageID = bound is not null ? $"{bound.Image}@{bound.Digest}" : old?.ImageID ?? "",
            ContainerID = facts.Record is { StartedAt: not null } record ? $"dovetail://{record.PodUid}/{container.Name}" : old?.ContainerID,
            RestartCount = 0,
            Started = live,
            Ready = live && (container.Name != LauncherPod.Compute || facts.Record?.LauncherAnsweredAt is not null),
            State = old?.State?.Terminated is not null ? old.State : State(facts, pull),
        };
    }

    private static V1ContainerState State(PodStatusFacts facts, PullState? pull) => facts switch
    {
        { Lost: true } => new() { Terminated = new() { ExitCode = 137, Reason = "ContainerStatusUnknown", Message = "the sandbox is gone without a trace", FinishedAt = facts.Now.UtcDateTime } },
        { Sandbox: SandboxState.Live, Record: { } record } => new() { Running = new() { StartedAt = record.StartedAt?.UtcDateTime } },
        { Sandbox: SandboxState.Dead, Record: { } record } => new()
        {
            Terminated = new()
            {
                ExitCode = record.ExitCode,
                Reason = record.ExitCode == 0 ? "Completed" : record.EndReason.Length > 0 ? record.EndReason : "Error",
                Message = Trim(record.EndMessage),
                StartedAt = record.StartedAt?.UtcDateTime,
                FinishedAt = record.EndedAt?.UtcDateTime,
            },
        },
        _ => new() { Waiting = Waiting(facts, pull) },
    };

    private static V1ContainerStateWaiting Waiting(PodStatusFacts facts, PullState? pull) => pull switch
    {
        { Failure: { Failure: PullFailure.InvalidName } failure } => new() { Reason = "InvalidImageName", Message = failure.Message },
        { Failure: { Failure: PullFailure.NeverPull } failure } => new() { Reason = "ErrImageNeverPull", Message = failure.Message },

        // As with kubelet: the error itself right after the try, the back-off from the second failure on.
        { Failure: { } failure, RetryAt: { } retry, Failures: > 1 } =>
            new() { Reason = "ImagePullBackOff", Message = $"Back-off pulling image \"{pull.Wanted.Image}\" until {retry:HH:mm:ss}Z: {failure.Message}" },
        { Failure: { } failure } => new() { Reason = "ErrImagePull", Message = failure.Message },
        { ToldFrom: { } told } when told <= facts.Now => new() { Reason = "ContainerCreating", Message = $"pulling the image {pull.Wanted.Image} since {pull.Since:HH:mm:ss}Z" },
        _ when facts.Trouble is { } trouble => new() { Reason = "CreateContainerError", Message = trouble },
        _ => new() { Reason = facts.Record?.PodIps.Length > 0 ? "ContainerCreating" : "PodInitializing" },
    };

    private static V1PodCondition ContainersReady(bool ready, bool done, List<V1ContainerStatus> containers)
    {
        if (ready) return new() { Type = "ContainersReady", Status = "True" };
        var unready = string.Join(' ', containers.Where(c => !c.Ready).Select(c => c.Name));
        return done
            ? new() { Type = "ContainersReady", Status = "False", Reason = "PodCompleted" }
            : new() { Type = "ContainersReady", Status = "False", Reason = "ContainersNotReady", Message = $"containers with unready status: [{unready}]" };
    }

    private static V1PodCondition Ready(V1Pod pod, IList<V1PodCondition> conditions, bool containersReady, bool done)
    {
        if (done) return new() { Type = "Ready", Status = "False", Reason = "PodCompleted" };
        if (!containersReady) return new() { Type = "Ready", Status = "False", Reason = "ContainersNotReady", Message = conditions.First(c => c.Type == "ContainersReady").Message };
        var closed = (pod.Spec.ReadinessGates ?? []).Select(gate => gate.ConditionType).Where(type => conditions.StatusOf(type) != "True").ToList();
        return closed.Count == 0
            ? new() { Type = "Ready", Status = "True" }
            : new() { Type = "Ready", Status = "False", Reason = "ReadinessGatesNotReady", Message = $"corresponding condition of pod readiness gate \"{closed[0]}\" does not exist or is not True." };
    }

    private static string Text(bool value) => value ? "True" : "False";

    private static string? Trim(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

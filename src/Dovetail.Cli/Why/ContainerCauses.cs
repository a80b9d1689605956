using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>Why one container of a pod does not run, or is not ready.</summary>
internal static class ContainerCauses
{
    public static IEnumerable<Cause> All(V1Pod pod, WhyFacts f)
    {
        var about = f.About("Pod", pod.Metadata.Name);
        foreach (var container in (pod.Status?.InitContainerStatuses ?? []).Where(c => c.State?.Terminated?.ExitCode != 0))
            if (Explain(about, container, pod, f, init: true) is { } cause)
                yield return cause;
        foreach (var container in pod.Status?.ContainerStatuses ?? [])
            if (Explain(about, container, pod, f, init: false) is { } cause)
                yield return cause;
    }

    /// <summary>How a container ended, in words: its exit code, what killed it, its last words.</summary>
    public static string Ending(V1ContainerStateTerminated end)
    {
        var words = WhyFacts.Sentence(LastLine(end.Message));
        var how = end switch
        {
            { Reason: "OOMKilled" } => "was killed because it used more memory than its limit (OOMKilled)",
            { Reason: "ContainerStatusUnknown" } => "is gone without a trace",
            { Reason: "NodeRebooted" } => "ended with its node, which was rebooted",
            { ExitCode: 137 } => "was killed (exit code 137, SIGKILL)",
            { ExitCode: 143 } => "was ended (exit code 143, SIGTERM)",
            { ExitCode: 139 } => "crashed (exit code 139, SIGSEGV)",
            { ExitCode: 127 } => "could not run: its command was not found (exit code 127)",
            { ExitCode: 126 } => "could not run: its command is not executable (exit code 126)",
            { ExitCode: 0 } => "ended in order (exit code 0)",
            _ => $"ended with exit code {end.ExitCode}",
        };
        return words.Length > 0 ? $"{how}: {words}" : $"{how}.";
    }

    public static string EndingStep(V1ContainerStateTerminated end, string container, V1Pod pod) => end switch
    {
        { Reason: "OOMKilled" } => $"give it more memory (resources.limits.memory of {container}), or have it use less",
        { Reason: "NodeRebooted" or "ContainerStatusUnknown" } => "its owner makes a new pod; a bare pod has to be created anew",
        _ => $"read its last words: kubectl -n {pod.Metadata.NamespaceProperty} logs {pod.Metadata.Name} -c {container} --previous",
    };

    private static Cause? Explain(string pod, V1ContainerStatus c, V1Pod owner, WhyFacts f, bool init)
    {
        var about = $"{pod} {(init ? "init container" : "container")} {c.Name}";
        if (c.State?.Waiting is { } waiting) return Waiting(about, c, waiting, owner, f);
        if (c.State?.Terminated is { ExitCode: not 0 } end) return Cause.Blocked(about, end.Reason ?? "Error", Ending(end), EndingStep(end, c.Name, owner));
        if (init || c.Ready || c.State?.Running is null) return null;
        return Unready(about, c, f, owner);
    }

    private static Cause Unready(string about, V1ContainerStatus c, WhyFacts f, V1Pod owner)
    {
        var probe = f.Warnings("Pod", owner.Metadata.Name).FirstOrDefault(e => e.Reason == "Unhealthy");
        var kind = probe?.Message?.StartsWith("Liveness", StringComparison.Ordinal) == true ? "liveness" : probe?.Message?.StartsWith("Startup", StringComparison.Ordinal) == true ? "startup" : "readiness";
        if (probe is not null)
            return Cause.Blocked(about, "Unhealthy", $"runs, but its {kind} probe fails. {WhyFacts.Sentence(LastLine(probe.Message))}", $"see that the program answers what the probe asks: kubectl -n {owner.Metadata.NamespaceProperty} describe pod {owner.Metadata.Name}");
        return c.Started == false
            ? Cause.Waits(about, "Starting", "runs, and its startup probe has not passed yet.")
            : Cause.Waits(about, "NotReady", "runs and has not said yet that it is ready.");
    }

    private static Cause Waiting(string about, V1ContainerStatus c, V1ContainerStateWaiting waiting, V1Pod pod, WhyFacts f)
    {
        var said = WhyFacts.Sentence(waiting.Message);
        var ns = pod.Metadata.NamespaceProperty;
        switch (waiting.Reason)
        {
            case "ErrImagePull":
                return Cause.Blocked(about, waiting.Reason, $"its image {c.Image} could not be pulled. {said}", "check the image's name and tag and that its registry can be reached; a private one needs imagePullSecrets");
            case "ImagePullBackOff":
                return Cause.Blocked(about, waiting.Reason, $"its image {c.Image} could not be pulled several times in a row. {said}", "check the image's name and tag and that its registry can be reached; the pull is tried again by itself");
            case "InvalidImageName":
                return Cause.Blocked(about, waiting.Reason, $"its image has a name that is none. {said}", "mend the image's name; it is never pulled as it is");
            case "ErrImageNeverPull":
                return Cause.Blocked(about, waiting.Reason, $"its image {c.Image} is not on the node, and imagePullPolicy is Never.", "put the image on the node (dovetail image push), or allow pulling it");
            case "CreateContainerConfigError":
                return Cause.Blocked(about, waiting.Reason, $"something that it needs is not there. {said}", "create what the message names; it starts by itself then");
            case "CreateContainerError" or "RunContainerError":
                return Cause.Blocked(about, waiting.Reason, $"could not be started. {said}", "mend what the message says; it is tried again by itself");
            case "ContainersNotServed":
                return Cause.Blocked(about, waiting.Reason, $"this node does not run such containers. {said}", "run it on a node that does");
            case "CrashLoopBackOff":
                var last = c.LastState?.Terminated ?? new() { ExitCode = 1 };
                return Cause.Blocked(about, waiting.Reason, $"has ended {c.RestartCount} times; the last time it {Ending(last)}", last.Reason == "OOMKilled" ? EndingStep(last, c.Name, pod) : $"kubectl -n {ns} logs {pod.Metadata.Name} -c {c.Name} --previous");
            case "ContainerCreating" or "PodInitializing" or null or "":
                var trouble = f.Warnings("Pod", pod.Metadata.Name).FirstOrDefault(e => e.Reason is "FailedMount" or "FailedAttachVolume" or "FailedCreatePodSandBox" or "NetworkNotReady");
                if (trouble is not null) return Cause.Blocked(about, trouble.Reason, $"cannot be made yet. {WhyFacts.Sentence(LastLine(trouble.Message))}", "mend what the message names; it is tried again by itself");
                return Cause.Waits(about, waiting.Reason ?? "ContainerCreating", said.Length > 0 ? $"is being made: {said}" : "is being made.");
            default:
                return Cause.Blocked(about, waiting.Reason, $"waits: {(said.Length > 0 ? said : waiting.Reason)}", $"kubectl -n {ns} describe pod {pod.Metadata.Name}");
        }
    }

    private static string? LastLine(string? text) => text?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
}

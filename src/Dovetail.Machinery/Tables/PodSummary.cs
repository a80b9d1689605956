using System.Globalization;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tables;

/// <summary>One word for the state of a pod, as kubectl shows it: the phase, or what keeps the pod from it (an init container, an image, an exit code, a deletion).</summary>
internal sealed class PodSummary
{
    private bool initializing;

    public string Status { get; private set; } = "";

    public int Ready { get; private set; }

    public int Containers { get; private set; }

    public long Restarts { get; private set; }

    /// <summary>When the last container that restarted had ended, RFC 3339; "" when none has.</summary>
    public string LastRestart { get; private set; } = "";

    public static PodSummary Of(CompactValue pod)
    {
        var summary = new PodSummary
        {
            Status = Cells.Or(pod.Text("status", "reason"), pod.Text("status", "phase")),
            Containers = pod.Count("spec", "containers"),
        };
        if (Cells.Condition(pod, "PodScheduled") is { ValueKind: JsonValueKind.Object } scheduled && scheduled.Text("reason") == "SchedulingGated") summary.Status = "SchedulingGated";
        summary.ReadInitContainers(pod);
        if (!summary.initializing || Cells.Condition(pod, "Initialized").Text("status") == "True") summary.ReadContainers(pod);
        if (pod.Has("metadata", "deletionTimestamp"))
        {
            if (pod.Text("status", "reason") == "NodeLost") summary.Status = "Unknown";
            else if (pod.Text("status", "phase") is not ("Failed" or "Succeeded")) summary.Status = "Terminating";
        }

        return summary;
    }

    private void ReadInitContainers(CompactValue pod)
    {
        var sidecars = new HashSet<string>(StringComparer.Ordinal);
        foreach (var container in pod.Items("spec", "initContainers"))
            if (container.Text("restartPolicy") == "Always") sidecars.Add(container.Text("name"));
        Containers += sidecars.Count;
        long restarts = 0, sidecarRestarts = 0;
        string last = "", lastSidecar = "";
        var index = 0;
        foreach (var container in pod.Items("status", "initContainerStatuses"))
        {
            var isSidecar = sidecars.Contains(container.Text("name"));
            restarts += container.Number("restartCount");
            last = Later(last, container.Text("lastState", "terminated", "finishedAt"));
            if (isSidecar)
            {
                sidecarRestarts += container.Number("restartCount");
                lastSidecar = Later(lastSidecar, container.Text("lastState", "terminated", "finishedAt"));
            }

            var position = index++;
            if (initializing) continue; // the first that is not done tells; the rest only counts restarts
            var terminated = container.At("state", "terminated");
            if (terminated.ValueKind == JsonValueKind.Object && terminated.Number("exitCode") == 0) continue;
            if (isSidecar && container.Flag("started"))
            {
                if (container.Flag("ready")) Ready++;
                continue;
            }

            initializing = true;
            var waiting = container.Text("state", "waiting", "reason");
            if (terminated.ValueKind == JsonValueKind.Object) Status = "Init:" + Ended(terminated);
            else if (waiting.Length > 0 && waiting != "PodInitializing") Status = "Init:" + waiting;
            else Status = string.Create(CultureInfo.InvariantCulture, $"Init:{position}/{pod.Count("spec", "initContainers")}");
        }

        Restarts = initializing ? restarts : sidecarRestarts;
        LastRestart = initializing ? last : lastSidecar;
    }

    private void ReadContainers(CompactValue pod)
    {
        var running = false;
        var error = "";
        var states = pod.At("status", "containerStatuses");
        for (var i = states.Count() - 1; i >= 0; i--)
        {
            var container = states[i];
            Restarts += container.Number("restartCount");
            LastRestart = Later(LastRestart, container.Text("lastState", "terminated", "finishedAt"));
            var waiting = container.Text("state", "waiting", "reason");
            var terminated = container.At("state", "terminated");
            if (waiting.Length > 0) Status = waiting;
            else if (terminated.ValueKind == JsonValueKind.Object)
            {
                Status = Ended(terminated);
                if (terminated.Number("exitCode") != 0) error = Status;
            }
            else if (container.Flag("ready") && container.Has("state", "running"))
            {
                running = true;
                Ready++;
            }
        }

        // Some containers have completed: one that still runs, or one that failed, says more about the pod.
        if (Status != "Completed") return;
        if (running && Cells.Condition(pod, "Ready").Text("status") == "True") Status = "Running";
        else if (error.Length > 0) Status = error;
        else if (running) Status = "NotReady";
    }

    private static string Ended(CompactValue terminated)
    {
        if (terminated.Text("reason") is { Length: > 0 } reason) return reason;
        return terminated.Number("signal") is not 0 and var signal
            ? string.Create(CultureInfo.InvariantCulture, $"Signal:{signal}")
            : string.Create(CultureInfo.InvariantCulture, $"ExitCode:{terminated.Number("exitCode")}");
    }

    /// <summary>Timestamps in whole seconds and UTC compare as text.</summary>
    private static string Later(string a, string b) => string.CompareOrdinal(a, b) >= 0 ? a : b;
}

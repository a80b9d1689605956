using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Virt;

namespace Dovetail.Bench;

/// <summary>One measured virtual machine: from the moment its manifest is sent on, when what was seen of it. All moments are milliseconds since then.</summary>
internal sealed class Guest(BenchPlatform platform, HttpKubeApi api, string name)
{
    public const string Namespace = "bench";
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(5);
    private readonly Dictionary<string, double> _moments = [];
    private readonly Lock _seen = new();
    private long _began;

    public static readonly string[] Phases = ["accepted", "vmi created", "pod created", "pod bound", "sandbox started", "launcher ready", "scheduled", "qemu executed", "first serial byte", "running"];

    public string Name => name;

    /// <summary>The launcher pod's uid, once there is one.</summary>
    public string PodUid { get; private set; } = "";

    public string VmiUid { get; private set; } = "";

    public IReadOnlyDictionary<string, double> Moments => _moments;

    private string PrivateFolder => platform.NodePaths.Volume(PodUid, "private");

    /// <summary>Applies the manifest and returns when the guest runs and has said something on its serial console.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var pods = WatchPodAsync(watching.Token);
        var instance = WatchInstanceAsync(watching.Token);
        _began = Stopwatch.GetTimestamp();
        await api.PatchAsync(KubeVirtTypes.VirtualMachines, Namespace, name, PatchType.ApplyYaml, Manifest(), new WriteOptions { FieldManager = "bench", Force = true }, "", ct);
        Saw("accepted");
        await instance;
        await FollowHostAsync(ct);
        await watching.CancelAsync();
        await pods.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Deletes it and returns when its instance is gone.</summary>
    public async Task RemoveAsync(CancellationToken ct)
    {
        await api.DeleteAsync(KubeVirtTypes.VirtualMachines, Namespace, name, new DeleteOptions(), ct);
        while (await api.FindAsync(KubeVirtTypes.VirtualMachineInstances, Namespace, name, ct) is not null) await Task.Delay(Beat * 10, TimeProvider.System, ct);
    }

    /// <summary>The processes of its sandbox.</summary>
    public IEnumerable<int> Processes() =>
        Directory.EnumerateDirectories("/sys/fs/cgroup", "*", SearchOption.TopDirectoryOnly).Prepend("/sys/fs/cgroup")
            .Select(root => $"{root}/dovetail-{platform.InstanceId}/{PodUid}/cgroup.procs").Where(File.Exists)
            .SelectMany(File.ReadLines).Distinct().Select(int.Parse);

    private async Task WatchPodAsync(CancellationToken ct)
    {
        await foreach (var change in api.WatchAsync(BuiltInTypes.Pods, Namespace, new WatchOptions(), ct))
        {
            if (change.Object is not { } pod || pod.Metadata.Annotations?.TryGetValue("kubevirt.io/domain", out var owner) != true || owner != name) continue;
            PodUid = pod.Metadata.Uid;
            Saw("pod created");
            if (pod.Spec?.NodeName is { Length: > 0 }) Saw("pod bound");
            if (pod.Status?.ContainerStatuses?.Any(c => c.State?.Running is not null) == true) Saw("sandbox started");
            if (pod.Status?.ContainerStatuses?.Any(c => c.Ready) == true) Saw("launcher ready");
        }
    }

    private async Task WatchInstanceAsync(CancellationToken ct)
    {
        await foreach (var change in api.WatchAsync(KubeVirtTypes.VirtualMachineInstances, Namespace, new WatchOptions { FieldSelector = $"metadata.name={name}" }, ct))
        {
            if (change.Object is not { } vmi) continue;
            VmiUid = vmi.Metadata.Uid;
            Saw("vmi created");
            if (vmi.Status?.Phase is "Scheduled" or "Running") Saw("scheduled");
            if (vmi.Status?.Phase != "Running") continue;
            Saw("running");
            return;
        }
    }

    /// <summary>What the host tells and no object does: QEMU's process, and the console's log.</summary>
    private async Task FollowHostAsync(CancellationToken ct)
    {
        var qemu = Processes().First(pid => ProcessFigures.Name(pid).StartsWith("qemu-system", StringComparison.Ordinal));
        _moments["qemu executed"] = Stopwatch.GetElapsedTime(_began).TotalMilliseconds - ProcessFigures.AgeMilliseconds(qemu);
        var log = new FileInfo($"{PrivateFolder}/{VmiUid}/virt-serial0-log");
        while (!log.Exists || log.Length == 0)
        {
            await Task.Delay(Beat, TimeProvider.System, ct);
            log.Refresh();
        }

        Saw("first serial byte");
    }

    private void Saw(string moment)
    {
        lock (_seen) _moments.TryAdd(moment, Stopwatch.GetElapsedTime(_began).TotalMilliseconds);
    }

    private byte[] Manifest()
    {
        var manifest = new JsonObject
        {
            ["apiVersion"] = "kubevirt.io/v1",
            ["kind"] = "VirtualMachine",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Namespace },
            ["spec"] = new JsonObject
            {
                ["runStrategy"] = "Always",
                ["template"] = new JsonObject
                {
                    ["spec"] = new JsonObject
                    {
                        ["domain"] = new JsonObject
                        {
                            ["devices"] = new JsonObject
                            {
                                ["disks"] = new JsonArray(new JsonObject { ["name"] = "root", ["disk"] = new JsonObject { ["bus"] = "virtio" } }),
                                ["interfaces"] = new JsonArray(new JsonObject { ["name"] = "default", ["masquerade"] = new JsonObject() }),
                            },
                            ["memory"] = new JsonObject { ["guest"] = "160Mi" },
                        },
                        ["networks"] = new JsonArray(new JsonObject { ["name"] = "default", ["pod"] = new JsonObject() }),
                        ["terminationGracePeriodSeconds"] = 0,
                        ["volumes"] = new JsonArray(new JsonObject { ["name"] = "root", ["containerDisk"] = new JsonObject { ["image"] = platform.GuestImage } }),
                    },
                },
            },
        };
        return Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }
}

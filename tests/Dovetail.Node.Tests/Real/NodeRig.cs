using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Dovetail.Node.Pods;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Node.Tests.Real;

/// <summary>A node agent on this very host, with an instance of its own, a stand-in for the launcher and an API in memory. Needs root, bwrap, the CNI plugins, nft and gcc.</summary>
internal sealed class NodeRig : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    // Closed to others, as /root and home folders are: the sandbox's uid has to get at programs and data all the same.
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-node-").FullName;
    private CancellationTokenSource? running;
    private Task agentRun = Task.CompletedTask;
    private NodeAgent? agent;

    private NodeRig(FakeRegistry registry) => Registry = registry;

    public FakeRegistry Registry { get; }

    public InMemoryKube Kube { get; } = new();

    public NodeAgentOptions Options { get; private set; } = null!;

    public NodePaths Paths => new(Options.InstanceId, Options.DataDirectory);

    public SandboxRecords Records => new(Paths);

    public string DiskImage => $"{Registry.Host}/test/tiny:1";

    /// <summary>Skips the test where a node cannot run.</summary>
    public static async Task<NodeRig> StartAsync(bool parts = false, Dovetail.Node.Kubelet.KubeletOptions? kubelet = null)
    {
        string[] needs = ["/usr/bin/bwrap", "/usr/bin/setpriv", "/usr/lib/cni/bridge", "/usr/sbin/nft", "/usr/sbin/libvirtd", "/usr/bin/gcc"];
        var missing = needs.Where(file => !File.Exists(file)).ToList();
        Assert.SkipWhen(missing.Count > 0, $"not installed: {string.Join(", ", missing)}");
        Assert.SkipUnless(Host.Native.EffectiveUserId() == 0, "needs root");

        var rig = new NodeRig(await FakeRegistry.StartAsync());
        rig.Registry.Push("test/tiny", "1", ("disk/tiny.qcow2", "a disk"));
        var init = await rig.CompileAsync("init", Path.Combine(Root(), "src/Dovetail.Launcher/init/init.c"));
        var launcher = await rig.CompileAsync("launcher", Path.Combine(Root(), "tests/Dovetail.Node.Tests/Real/standin-launcher.c"));
        rig.Options = new NodeAgentOptions
        {
            NodeName = "test-node",
            InstanceId = Guid.NewGuid().ToString("N")[..6],
            DataDirectory = $"{rig.folder}/data",
            InitPath = init,
            LauncherPath = launcher,
            RunParts = parts,
            Kubelet = kubelet,
            RegistryPort = FreePort(),
            KvmProbeCommand = ["/bin/echo", """{"usable":false,"reason":"a test"}"""],
        };
        Directory.CreateDirectory(rig.Options.DataDirectory);
        rig.StartAgent();
        await rig.Kube.WaitAsync(BuiltInTypes.Nodes, "", "test-node", node => node?.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true, Limit);
        return rig;
    }

    public void StartAgent()
    {
        running = new CancellationTokenSource();
        agent = new NodeAgent(Options, Kube, TimeProvider.System, NullLoggerFactory.Instance);
        agentRun = agent.RunAsync(running.Token);
    }

    /// <summary>Ends the agent as its death would: guests and everything on the host stay.</summary>
    public async Task StopAgentAsync()
    {
        await running!.CancelAsync();
        await agentRun.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        agent!.Dispose();
    }

    public Task<V1Pod> CreatePodAsync(string name, string? image = null) => Kube.CreateAsync(BuiltInTypes.Pods, new V1Pod
    {
        ApiVersion = "v1",
        Kind = "Pod",
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "demo" },
        Spec = new V1PodSpec
        {
            NodeName = "test-node",
            RuntimeClassName = LauncherPod.RuntimeClass,
            TerminationGracePeriodSeconds = 5,
            Containers =
            [
                new V1Container { Name = "compute", Image = "virt-launcher", Resources = new() { Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new("64Mi") } } },
                new V1Container { Name = "volumeboot", Image = image ?? DiskImage, ImagePullPolicy = "IfNotPresent", Args = ["--copy-path", "/var/run/kubevirt/container-disks/disk_1"] },
            ],
        },
    }, CancellationToken.None);

    public async Task<V1Pod> WaitPodAsync(string name, Func<V1Pod, bool> wanted) =>
        (await Kube.WaitAsync(BuiltInTypes.Pods, "demo", name, pod => pod is not null && wanted(pod), Limit))!;

    public Task<V1Pod> WaitReadyAsync(string name) =>
        WaitPodAsync(name, pod => pod.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true);

    public async Task DeleteAndWaitAsync(string name, long? grace = null)
    {
        await Kube.DeleteAsync(BuiltInTypes.Pods, "demo", name, new() { GracePeriodSeconds = grace }, CancellationToken.None);
        await Kube.WaitAsync(BuiltInTypes.Pods, "demo", name, pod => pod is null, Limit);
    }

    /// <summary>Sends a command to the stand-in; its answer.</summary>
    public async Task<string> AskAsync(V1Pod pod, string command)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Paths.LauncherSocket(pod.Metadata.Uid)));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(command + "\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        var left = await new NodeTeardown(Options, TimeProvider.System).RunAsync(TimeSpan.FromSeconds(5), _ => { }, CancellationToken.None);
        await Registry.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        left.ShouldBeEmpty();
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<string> CompileAsync(string name, string source)
    {
        var program = Path.Combine(folder, name);
        using var gcc = Process.Start("gcc", ["-static", "-Os", "-o", program, source]);
        await gcc.WaitForExitAsync();
        gcc.ExitCode.ShouldBe(0);
        return program;
    }
}

/// <summary>What there is on the host, to be compared before and after.</summary>
internal sealed record HostInventory(string Namespaces, string Links, string Mounts, string Cgroups, string RunFolders)
{
    // The throw-away sandbox of the capability cache comes and goes in the background.
    private const string CapabilityRun = "00000000-0000-4000-8000-000000000001";

    public static HostInventory Take(NodeRig rig) => new(
        string.Join(' ', Entries("/run/netns", rig.Options.InstanceId)),
        string.Join(' ', Entries("/sys/class/net", "").Where(link => link.StartsWith("veth") && Master(link) == $"dt{rig.Options.InstanceId}")),
        // The agent's view is made with its first sandbox, whichever that is, and goes with the agent's node.
        string.Join(' ', File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')[1])
            .Where(at => !at.StartsWith(rig.Paths.View) && !at.Contains(CapabilityRun) && (at.Contains(rig.Options.InstanceId) || at.StartsWith(rig.Options.DataDirectory)))),
        string.Join(' ', Directory.GetDirectories("/sys/fs/cgroup").SelectMany(c => Entries($"{c}/dovetail-{rig.Options.InstanceId}", "-"))),
        string.Join(' ', Entries(rig.Paths.RunPods, "").Concat(Entries(rig.Paths.Pods, ""))));

    private static IEnumerable<string> Entries(string folder, string containing) =>
        Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder).Select(e => Path.GetFileName(e)!).Where(e => e.Contains(containing) && e != CapabilityRun).Order() : [];

    // Links of rigs that run beside this one come and go between the listing and this look.
    private static string Master(string link)
    {
        try
        {
            return Path.GetFileName(new DirectoryInfo($"/sys/class/net/{link}/master").ResolveLinkTarget(true)?.FullName ?? "");
        }
        catch (DirectoryNotFoundException)
        {
            return "";
        }
    }
}

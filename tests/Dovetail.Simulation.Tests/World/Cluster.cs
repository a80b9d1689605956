using System.Collections.Immutable;
using System.Globalization;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Simulation.Tests.Faults;
using Dovetail.Simulation.Tests.Kernel;
using Dovetail.Virt.VirtApi.Admission;
using Dovetail.Virt.VirtController;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using Dovetail.Workloads;
using Dovetail.Workloads.Kinds;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Simulation.Tests.World;

/// <summary>
/// The platform in one thread: the real registry with KubeVirt's schemas and virt-api's admission over the memory store, the real controllers and virt-handler, and a simulated node. Each
/// component is a process that can die between any two steps and is started anew; the store, like a disk, stays.
/// </summary>
internal sealed class Cluster
{
    private static readonly UserInfo NodeUser = new($"system:node:{SimulatedNode.Name}", ["system:nodes", "system:authenticated"]);

    private readonly Dictionary<string, SimulatedProcess> processes = [];
    private readonly List<SimulatedProcess> all = [];
    private readonly Dictionary<string, Func<Task>> programs = [];
    private readonly ParsedRevisions revisions = new();
    private readonly FaultyParts faulty;
    private readonly JudgedStore store;

    public Cluster(int seed, FaultyParts faulty)
    {
        this.faulty = faulty;
        Random = new Random(seed);
        Loop = new SimulationLoop(Random, FirstStart.Day);
        Faults = new FaultPlan(Random);
        Machine = new NodeMachine(Loop, Random) { StartFailures = Random.Next(3) == 0 ? 0.2 : 0 };
        Judge = new Judge(Loop, Machine, revisions, Tell);
        store = new JudgedStore(FirstStart.Fork(), Judge);
        Server = new SimulatedServer(Loop, OpenRegistry);
        Server.Start();
        var node = new SimulatedNode(Seam("node", NodeUser), Machine, Loop.Time, Random);
        programs["workloads"] = RunWorkloadsAsync;
        programs["virt-controller"] = RunVirtControllerAsync;
        programs["node-agent"] = () => node.RunAgentAsync(faulty.PodGoneBeforeGuest, CancellationToken.None);
        programs["virt-handler"] = () => node.RunHandlerAsync(CancellationToken.None);
    }

    public Random Random { get; }

    public SimulationLoop Loop { get; }

    public FaultPlan Faults { get; }

    public NodeMachine Machine { get; }

    public Judge Judge { get; }

    public SimulatedServer Server { get; }

    /// <summary>Is told what happens, line by line; null: nobody listens.</summary>
    public Action<string>? Story { get; set; }

    public IEnumerable<string> Programs => programs.Keys;

    /// <summary>The API as the user has it, over a connection as bad as anybody's.</summary>
    public IKubeApi User => Seam("user", new UserInfo("admin", [UserInfo.MastersGroup, "system:authenticated"]));

    /// <summary>The API as a component sees it.</summary>
    public EmbeddedKubeApi Seam(string component, UserInfo user) => new(faulty.Between(component, new FaultyObjectApi(Server, Faults, Loop.Time), Random, Loop.Time), user, revisions);

    /// <summary>The first broken promise so far: of the node, of what was written, or of a component that ended by itself, which is always a bug.</summary>
    public string? Broken() =>
        Machine.Violation ?? Judge.Violation ?? all.Select(process => process.Failure is { } failure ? $"{process.Name}: {failure}" : null).FirstOrDefault(text => text is not null);

    /// <summary>Adds a line to the story.</summary>
    public void Tell(string what) => Story?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{Loop.Now - FirstStart.Day:hh\\:mm\\:ss\\.fff} {what}"));

    /// <summary>Runs something as the user, to its end.</summary>
    public void Do(Func<Task> work)
    {
        var process = new SimulatedProcess(Loop, "user");
        Task? done = null;
        process.Start(() => done = work());
        for (var tries = 0; done?.IsCompleted != true; tries++)
        {
            if (tries > 1000) throw new InvalidOperationException("the user's request does not end");
            Loop.RunUntil(Loop.Now + TimeSpan.FromMilliseconds(10));
        }

        done.GetAwaiter().GetResult();
    }

    public void Start(string program)
    {
        var process = new SimulatedProcess(Loop, program);
        processes[program] = process;
        all.Add(process);
        process.Start(programs[program]);
    }

    public void Kill(string program)
    {
        processes[program].Kill();
        all.Remove(processes[program]);
    }

    private ObjectRegistry OpenRegistry() => new(new ObjectRegistryOptions
    {
        Store = store,
        Time = Loop.Time,
        Randomness = Randomness.Seeded(Random),
        Admission = [new VirtAdmission(NewGuid)],
        TrustedCelRules = FirstStart.Crds.Names,
    });

    private Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private Task RunWorkloadsAsync()
    {
        var api = Seam("workloads", UserInfo.Component("kube-controller-manager"));
        var caches = new SharedCaches(api, Loop.Time, Random, NullLogger<SharedCaches>.Instance);
        var controllers = new WorkloadControllers(api, caches, Loop.Time, Random, NullLoggerFactory.Instance).Create([], new SimulatedKinds());
        return new ControllerHost(caches, controllers, null, Loop.Time, Random, NullLogger<ControllerHost>.Instance).RunAsync(CancellationToken.None);
    }

    private Task RunVirtControllerAsync()
    {
        var api = Seam("virt-controller", UserInfo.Component("virt-controller"));
        var caches = new SharedCaches(api, Loop.Time, Random, NullLogger<SharedCaches>.Instance);
        var controllers = new VirtControllers(api, caches, Loop.Time, Random, NullLoggerFactory.Instance).Create(new LauncherPodOptions());
        return new ControllerHost(caches, controllers, null, Loop.Time, Random, NullLogger<ControllerHost>.Instance).RunAsync(CancellationToken.None);
    }

    /// <summary>The kinds that take part; a cache for each of Kubernetes' hundred kinds would only cost time.</summary>
    private sealed class SimulatedKinds : IServedKinds
    {
        public ImmutableArray<ResourceType<PartialObject>> Current { get; } =
        [
            BuiltInTypes.Partial("", "v1", "Pod", "pods", true),
            BuiltInTypes.Partial("", "v1", "Namespace", "namespaces", false),
            BuiltInTypes.Partial("kubevirt.io", "v1", "VirtualMachine", "virtualmachines", true),
            BuiltInTypes.Partial("kubevirt.io", "v1", "VirtualMachineInstance", "virtualmachineinstances", true),
        ];

        public bool HasSynced => true;

        public Task WaitForSyncAsync(CancellationToken ct) => Task.CompletedTask;
    }
}

using System.Collections.Immutable;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Simulation.Tests.Faults;
using Dovetail.Simulation.Tests.Kernel;
using Dovetail.Store;
using Dovetail.Virt.VirtController;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using Dovetail.Workloads;
using Dovetail.Workloads.Kinds;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Simulation.Tests.World;

/// <summary>Orderings that a test breaks on purpose, to see that the simulation notices.</summary>
public sealed record BrokenOrderings
{
    /// <summary>The node agent reports a pod gone before its guest is.</summary>
    public bool PodGoneBeforeGuest { get; init; }
}

/// <summary>
/// The platform in one thread: the real registry over the memory store, the real controllers, and a simulated node. Each component is a process that can die
/// between any two steps and is started anew; the store, like a disk, stays.
/// </summary>
public sealed class Cluster
{
    private readonly Dictionary<string, SimulatedProcess> processes = [];
    private readonly List<SimulatedProcess> all = [];
    private readonly Dictionary<string, Func<Task>> programs = [];
    private readonly ObjectRegistry registry;

    public Cluster(int seed, BrokenOrderings broken)
    {
        Random = new Random(seed);
        Loop = new SimulationLoop(Random, new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        Faults = new FaultPlan(Random);
        registry = new ObjectRegistry(new ObjectRegistryOptions { Store = new MemoryRevisionStore(), Time = Loop.Time, Randomness = Randomness.Seeded(Random) });
        Server = new SimulatedProcess(Loop, "server");
        User = new EmbeddedKubeApi(registry, UserInfo.Component("user"), new ParsedRevisions());
        Machine = new NodeMachine(new SimulatedProcess(Loop, "kernel"), Loop.Time, Random);
        programs["workloads"] = RunWorkloadsAsync;
        programs["virt-controller"] = RunVirtControllerAsync;
        programs["node"] = () => new SimulatedNode(ApiFor("node"), Machine, Loop.Time, Random, broken.PodGoneBeforeGuest).RunAsync(CancellationToken.None);
    }

    public Random Random { get; }

    public SimulationLoop Loop { get; }

    public FaultPlan Faults { get; }

    public NodeMachine Machine { get; }

    /// <summary>The API without faults, for the user and for those who judge.</summary>
    public IKubeApi User { get; }

    public IEnumerable<string> Programs => programs.Keys;

    private SimulatedProcess Server { get; }

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

    public void Kill(string program) => processes[program].Kill();

    /// <summary>A component that ended by itself: always a bug.</summary>
    public string? Ended() => all.Select(process => process.Failure is { } failure ? $"{process.Name}: {failure}" : null).FirstOrDefault(text => text is not null);

    private EmbeddedKubeApi ApiFor(string component) =>
        new(new FaultyObjectApi(registry, Server, Faults, Loop.Time), UserInfo.Component(component), new ParsedRevisions());

    private Task RunWorkloadsAsync()
    {
        var api = ApiFor("workloads");
        var caches = new SharedCaches(api, Loop.Time, Random, NullLogger<SharedCaches>.Instance);
        var controllers = new WorkloadControllers(api, caches, Loop.Time, Random, NullLoggerFactory.Instance).Create([], new SimulatedKinds());
        return new ControllerHost(caches, controllers, null, Loop.Time, Random, NullLogger<ControllerHost>.Instance).RunAsync(CancellationToken.None);
    }

    private Task RunVirtControllerAsync()
    {
        var api = ApiFor("virt-controller");
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

using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Simulation.Tests.Faults;
using Dovetail.Simulation.Tests.Kernel;
using Dovetail.Store;
using Dovetail.Store.Sqlite;
using Dovetail.Store.Tests.PowerCut;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>
/// The API server alone: the real registry over the real SQLite store on a simulated disk. The server dies and starts again; the power goes, and with it what was not synced; the disk is full or
/// its syncs fail; history is compacted; the clock jumps.
/// </summary>
internal sealed class ApiWorld : IDisposable
{
    public const string Namespace = "demo";

    public static readonly UserInfo User = new("admin", [UserInfo.MastersGroup, "system:authenticated"]);

    private readonly ApiBreakage broken;
    private SimulatedDisk disk = new();
    private SimulatedVfs vfs;

    public ApiWorld(int seed, ApiBreakage broken)
    {
        this.broken = broken;
        Random = new Random(seed);
        Loop = new SimulationLoop(Random, new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        Faults = new FaultPlan(Random) { Repeats = false };
        disk.SyncLies = broken.SyncLies;
        vfs = new SimulatedVfs(disk);
        Store = new RecordedStore(Open(), broken);
        Server = new SimulatedServer(Loop, OpenRegistry);
        Server.Start();
        Do(() => Server.Life!.Registry.CreateAsync(Target("namespaces", "") with { Namespace = "" }, """{"metadata":{"name":"demo"}}"""u8.ToArray(), new WriteOptions(), default).AsTask());
    }

    public Random Random { get; }

    public SimulationLoop Loop { get; }

    public FaultPlan Faults { get; }

    public RecordedStore Store { get; }

    public SimulatedServer Server { get; }

    public bool PowerIsOff => disk.PowerIsOff;

    /// <summary>The API over a connection as bad as anybody's.</summary>
    public IObjectApi Client() => broken.Client(new FaultyObjectApi(Server, Faults, Loop.Time), Random);

    public static ObjectTarget Target(string resource, string name) => new() { User = User, Group = "", Version = "v1", Resource = resource, Namespace = Namespace, Name = name };

    public void KillServer() => Server.Kill();

    public void StartServer()
    {
        if (PowerIsOff) PowerReturns();
        else if (Store.WriteFailure is not null) Reopen(disk);
        Server.Start();
    }

    /// <summary>The power goes at one of the next operations of the disk.</summary>
    public void CutPowerSoon() => disk.CutAt = disk.Operations + Random.Next(30);

    public void FillDisk(bool full) => disk.Capacity = full ? 1 : long.MaxValue;

    public void FailSyncs(bool fail) => disk.SyncFails = _ => fail;

    public void Compact()
    {
        var revision = Store.CompactedRevision + Random.NextInt64(Store.Current.Revision - Store.CompactedRevision + 1);
        try
        {
            Done(Store.CompactAsync(revision, default).AsTask());
        }
        catch (StoreUnavailableException)
        {
            // Without storage nothing is compacted either.
        }
    }

    /// <summary>Runs something to its end.</summary>
    public void Do(Func<Task> work)
    {
        Task? done = null;
        new SimulatedProcess(Loop, "director").Start(() => done = work());
        while (done?.IsCompleted != true) Loop.RunUntil(Loop.Now + TimeSpan.FromMilliseconds(1));
        done.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Server.Kill();
        Done(Store.CloseAsync());
        vfs.Dispose();
    }

    private void PowerReturns() => Reopen(disk.AfterPowerCut(Random));

    private void Reopen(SimulatedDisk next)
    {
        disk.CutAt = null;
        Done(Store.CloseAsync());
        vfs.Dispose();
        disk = next;
        disk.SyncLies = broken.SyncLies;
        vfs = new SimulatedVfs(disk);
        Store.Reopened(Open());
    }

    private IRevisionStore Open() =>
        broken.Store(SqliteRevisionStore.Open(new() { Path = "/db", Vfs = vfs.Name, Inline = true, TailEvents = 4, CheckpointBytes = 50_000, MaxLogBytes = 200_000 }, Loop.Time), Random);

    private ObjectRegistry OpenRegistry() => new(new ObjectRegistryOptions { Store = Store, Time = Loop.Time, Randomness = Randomness.Seeded(Random) });

    /// <summary>Nothing here waits: an inline store ends on the caller's thread.</summary>
    private static void Done(Task work)
    {
        if (!work.IsCompleted) throw new InvalidOperationException("the store waited for something");
        work.GetAwaiter().GetResult();
    }
}

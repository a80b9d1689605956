using Dovetail.Api;
using Dovetail.ApiServer.Crds;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using k8s.Models;

namespace Dovetail.Simulation.Tests.World;

/// <summary>What a platform's store holds after its first start: KubeVirt's CRDs with their schemas, and the namespaces. It is made once; every seed begins with a fork of it.</summary>
internal static class FirstStart
{
    public const string Namespace = "demo";

    /// <summary>The day on which every run begins.</summary>
    public static readonly DateTimeOffset Day = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<(MemoryRevisionStore Store, CrdBundle Crds)> Made = new(Make);

    /// <summary>The platform's CRDs.</summary>
    public static CrdBundle Crds => Made.Value.Crds;

    public static MemoryRevisionStore Fork() => Made.Value.Store.Fork();

    private static (MemoryRevisionStore Store, CrdBundle Crds) Make()
    {
        var crds = new CrdBundle(KubeVirtCrds.All.Select(crd => crd.Json));
        var store = new MemoryRevisionStore();
        var registry = new ObjectRegistry(new ObjectRegistryOptions
        {
            Store = store, Time = new StoppedClock(), Randomness = Randomness.Seeded(new Random(0)), TrustedCelRules = crds.Names,
        });
        // Nothing here waits: the memory store ends every write on the caller's thread.
        Ended(registry.BootstrapAsync(CancellationToken.None));
        Ended(crds.EnsureAsync(registry, CancellationToken.None));
        var api = new EmbeddedKubeApi(registry, UserInfo.Component("first-start"), new ParsedRevisions());
        Ended(api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = Namespace } }, CancellationToken.None));
        return (store, crds);
    }

    private static void Ended(Task work)
    {
        if (!work.IsCompleted) throw new InvalidOperationException("the memory store has waited for something");
        work.GetAwaiter().GetResult();
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Day;
    }
}

using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Queue;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Kinds;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>The collector's loop: its graph follows the CRDs, its workers follow the graph.</summary>
public sealed class GarbageCollection : IRunnable
{
    private readonly IResourceCache<V1CustomResourceDefinition> definitions;
    private readonly ObjectGraph graph;
    private readonly Controller<GcKey> controller;
    private readonly WorkQueue<bool> kindsChanged;

    public GarbageCollection(IKubeApi api, IResourceCache<V1CustomResourceDefinition> definitions, IServedKinds kinds, TimeProvider time, Random random, ILogger<GarbageCollection> logger)
    {
        this.definitions = definitions;
        graph = new ObjectGraph(kinds, type => new Informer<PartialObject>(api, type, new InformerOptions(), time, random, logger));
        controller = new Controller<GcKey>(Name, new GarbageCollector(api, graph), new ControllerOptions(), time, random, logger).Reads(definitions);
        kindsChanged = new WorkQueue<bool>(time, random, new RetryBackoff());
        definitions.Subscribe(_ => kindsChanged.Add(true));
    }

    public string Name => "garbage-collector";

    public async Task RunAsync(CancellationToken ct)
    {
        await definitions.WaitForSyncAsync(ct);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = new List<Task>();
        try
        {
            graph.Follow(controller.Queue, running, stop.Token);
            running.Add(controller.RunAsync(stop.Token));
            while (true)
            {
                var changed = await kindsChanged.TakeAsync(ct);
                graph.Follow(controller.Queue, running, stop.Token);
                kindsChanged.Done(changed);
            }
        }
        finally
        {
            await stop.CancelAsync();
            foreach (var one in running) await one.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }
}

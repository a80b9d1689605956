using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Queue;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Kinds;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>The collector's loop: its graph follows the CRDs, its workers follow the graph.</summary>
public sealed class GarbageCollection : IRunnable, IMeasuredQueue
{
    /// <summary>As many as upstream's --concurrent-gc-syncs; each waits for the disk most of the time.</summary>
    private const int Workers = 20;

    private readonly IResourceCache<V1CustomResourceDefinition> definitions;
    private readonly ObjectGraph graph;
    private readonly Controller<GcKey> controller;
    private readonly WorkQueue<bool> kindsChanged;

    public GarbageCollection(IKubeApi api, IResourceCache<V1CustomResourceDefinition> definitions, IServedKinds kinds, TimeProvider time, Random random, ILogger<GarbageCollection> logger)
    {
        this.definitions = definitions;
        graph = new ObjectGraph(kinds, type => new Informer<PartialObject>(api, type, new InformerOptions { Keep = ObjectGraph.Concerns }, time, random, logger));
        var events = new EventRecorder(api, "garbage-collector-controller", "", time, logger);
        var collector = new GarbageCollector(api, graph, events, key => controller!.Queue.Add(key));
        controller = new Controller<GcKey>(Name, collector, new ControllerOptions { Workers = Workers }, time, random, logger).Reads(definitions);
        kindsChanged = new WorkQueue<bool>(time, random, new RetryBackoff());
        definitions.Subscribe(_ => kindsChanged.Add(true));
    }

    public string Name => "garbage-collector";

    QueueMetrics IMeasuredQueue.Metrics => controller.Queue.Metrics;

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

using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Caches;

/// <summary>One cache for each kind, shared by all controllers of a process. Caches asked for after the start are started at once.</summary>
public sealed class SharedCaches(IKubeApi api, TimeProvider time, Random random, ILogger<SharedCaches> logger) : IRunnable
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Group, string Plural, Type Model), IRunnable> informers = [];
    private readonly Queue<IRunnable> unstarted = new();
    private TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "caches";

    /// <summary>The cache of a kind in all namespaces.</summary>
    public IResourceCache<T> For<T>(ResourceType<T> type)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate)
        {
            var key = (type.Group, type.Plural, typeof(T));
            if (informers.TryGetValue(key, out var existing)) return (Informer<T>)existing;
            var informer = new Informer<T>(api, type, new InformerOptions(), time, random, logger);
            informers.Add(key, informer);
            unstarted.Enqueue(informer);
            arrived.TrySetResult();
            return informer;
        }
    }

    public async Task RunAsync(CancellationToken ct)
    {
        var running = new List<Task>();
        using var cancelled = ct.UnsafeRegister(static state => ((SharedCaches)state!).Wake(), this);
        while (!ct.IsCancellationRequested)
        {
            Task next;
            lock (gate)
            {
                while (unstarted.TryDequeue(out var informer)) running.Add(informer.RunAsync(ct));
                if (arrived.Task.IsCompleted) arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                next = arrived.Task;
            }

            if (!ct.IsCancellationRequested) await next;
        }

        foreach (var one in running) await one;
    }

    private void Wake()
    {
        lock (gate) arrived.TrySetResult();
    }
}

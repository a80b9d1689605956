using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Queue;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Controllers;

public sealed record ControllerOptions
{
    /// <summary>How many keys are worked on at once.</summary>
    public int Workers { get; init; } = 2;

    public RetryBackoff Backoff { get; init; } = new();

    /// <summary>Every key that a cache yields is looked at again after this time, in case an effect outside the API was missed; null: never.</summary>
    public TimeSpan? RecheckAll { get; init; }
}

/// <summary>
/// The worker loop: caches and timers put keys in, workers take them out and call the reconciler, one at a time for each key. It owns retry, back-off and
/// the one log line of a failure. Everything runs where <see cref="RunAsync"/> was called.
/// </summary>
public sealed class Controller<TKey> : IRunnable, IMeasuredQueue
    where TKey : notnull
{
    private readonly IReconciler<TKey> reconciler;
    private readonly ControllerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly List<ICacheSync> sources = [];
    private readonly List<Func<IEnumerable<TKey>>> listings = [];

    public Controller(string name, IReconciler<TKey> reconciler, ControllerOptions options, TimeProvider time, Random random, ILogger logger)
    {
        Name = name;
        this.reconciler = reconciler;
        this.options = options;
        this.time = time;
        this.logger = logger;
        Queue = new WorkQueue<TKey>(time, random, options.Backoff);
    }

    public string Name { get; }

    QueueMetrics IMeasuredQueue.Metrics => Queue.Metrics;

    /// <summary>For sources other than caches: put a key in when something about it may have changed.</summary>
    public WorkQueue<TKey> Queue { get; }

    /// <summary>Puts the keys of an object in whenever it changes (those of its old and its new state). Work starts only when the cache has synced.</summary>
    public Controller<TKey> Watch<T>(IResourceCache<T> cache, Func<T, IEnumerable<TKey>> keysOf)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        sources.Add(cache);
        listings.Add(() => cache.List().SelectMany(keysOf));
        cache.Subscribe(change =>
        {
            if (change.Old is { } old) Enqueue(keysOf(old));
            if (change.New is { } now) Enqueue(keysOf(now));
        });
        return this;
    }

    /// <summary>Waits for a cache that the reconciler reads though its changes put no key in.</summary>
    public Controller<TKey> Reads(ICacheSync cache)
    {
        sources.Add(cache);
        return this;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var source in sources) await source.WaitForSyncAsync(ct);
        // A second term as leader starts with every key: what changed meanwhile may have been taken by a worker that was stopped half-way.
        foreach (var listing in listings) Enqueue(listing());
        var loops = Enumerable.Range(0, options.Workers).Select(_ => WorkAsync(ct)).ToList();
        if (options.RecheckAll is { } period) loops.Add(RecheckAsync(period, ct));
        foreach (var loop in loops) await loop;
    }

    private async Task WorkAsync(CancellationToken ct)
    {
        while (true)
        {
            var key = await Queue.TakeAsync(ct);
            try
            {
                await WorkOnAsync(key, ct);
            }
            finally
            {
                Queue.Done(key);
            }
        }
    }

    private async Task WorkOnAsync(TKey key, CancellationToken ct)
    {
        Outcome outcome;
        try
        {
            outcome = await reconciler.ReconcileAsync(key, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Any failure of one key is that key's own: it is logged, retried, and the others go on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            outcome = Outcome.Failed(failure);
        }

        if (outcome.Failure is { } cause)
        {
            var delay = Queue.Retry(key);
            Report(key, cause, delay);
        }
        else
        {
            Queue.Forget(key);
        }

        if (outcome.RecheckAfter is { } after) Queue.AddAfter(key, after);
    }

    private void Report(TKey key, Exception cause, TimeSpan delay)
    {
        // A lost race is how optimistic concurrency works, and the next look decides anew.
        if (cause is StatusException { Status.Reason: "Conflict" or "AlreadyExists" })
            logger.RaceLost(Name, key.ToString()!, cause.Message, delay.TotalSeconds);
        else
            logger.ReconcileFailed(cause, Name, key.ToString()!, Queue.Failures(key), delay.TotalSeconds);
    }

    private async Task RecheckAsync(TimeSpan period, CancellationToken ct)
    {
        while (true)
        {
            await Task.Delay(period, time, ct);
            foreach (var listing in listings) Enqueue(listing());
        }
    }

    private void Enqueue(IEnumerable<TKey> keys)
    {
        foreach (var key in keys) Queue.Add(key);
    }
}

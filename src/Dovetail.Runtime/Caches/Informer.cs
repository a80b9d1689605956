using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Queue;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Caches;

public sealed record InformerOptions
{
    /// <summary>"" for all namespaces.</summary>
    public string Namespace { get; init; } = "";

    public string LabelSelector { get; init; } = "";

    public string FieldSelector { get; init; } = "";

    /// <summary>Between two tries while the API refuses or cannot be reached.</summary>
    public RetryBackoff Backoff { get; init; } = new() { First = TimeSpan.FromMilliseconds(100) };

    /// <summary>A watch is asked to end after this time (up to twice it), so that a connection that died in silence is found.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Which objects are kept, for whoever needs few of many; null: all. An object that is not kept is told of only when it is deleted.</summary>
    public Func<V1ObjectMeta, bool>? Keep { get; init; }
}

/// <summary>
/// Keeps a cache by list and watch. A watch that ends is resumed where it stopped; when that revision is compacted (410) everything is listed again and the
/// difference is told. Revisions are compared as numbers, which the API promises since Kubernetes 1.35: an event at or before what was seen is a repeat.
/// </summary>
public sealed class Informer<T>(IKubeApi api, ResourceType<T> type, InformerOptions options, TimeProvider time, Random random, ILogger logger) : IResourceCache<T>, IRunnable
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly IndexedObjects<T> objects = new();
    private readonly List<Waiter> waiters = [];
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableArray<Action<CacheChange<T>>> handlers = [];
    private Action? relisted;
    private ulong revision;

    public string Name => $"{type.Plural} cache";

    public ResourceType<T> Type => type;

    public bool HasSynced => synced.Task.IsCompleted;

    public T? Find(string ns, string name)
    {
        lock (gate) return objects.Find(new NamespacedName(ns, name));
    }

    public IReadOnlyList<T> List()
    {
        lock (gate) return objects.Ordered();
    }

    public IReadOnlyList<T> List(string ns)
    {
        lock (gate) return objects.Ordered(ns);
    }

    public IReadOnlyList<T> ByIndex(string index, string key)
    {
        lock (gate) return objects.ByIndex(index, key);
    }

    public void AddIndex(string index, Func<T, IEnumerable<string>> keys)
    {
        lock (gate) objects.AddIndex(index, keys);
    }

    public void Subscribe(Action<CacheChange<T>> handler)
    {
        IReadOnlyList<T> present;
        lock (gate)
        {
            handlers = handlers.Add(handler);
            present = objects.Ordered();
        }

        foreach (var obj in present) handler(new CacheChange<T>(NamespacedName.Of(obj), null, obj));
    }

    /// <summary>Calls <paramref name="handler"/> after every list: what was deleted since the watch before it and was not kept is told by nothing else.</summary>
    public void OnRelist(Action handler) => relisted += handler;

    public async Task WaitForSyncAsync(CancellationToken ct)
    {
        if (!synced.Task.IsCompleted) await WaitAsync(0, ct);
    }

    public async Task WaitForRevisionAsync(string resourceVersion, CancellationToken ct)
    {
        if (Parse(resourceVersion) is var wanted and > 0) await WaitAsync(wanted, ct);
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken ct)
    {
        var failures = 0;
        var mustList = true;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (mustList) await RelistAsync(ct);
                mustList = false;
                var opened = time.GetTimestamp();
                await FollowAsync(() => failures = 0, ct);
                if (ct.IsCancellationRequested) return;
                // A server that ends every watch at once must not be asked in a tight loop.
                if (time.GetElapsedTime(opened) >= ShortestWatch) continue;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (StatusException expired) when (expired.Status.Code == 410)
            {
                // Listing again is the cure, once; a server that answers 410 again and again is met with back-off.
                mustList = true;
                if (failures++ == 0) continue;
            }
#pragma warning disable CA1031 // The API may be away for any reason; the cache keeps what it has and tries again.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                // A kind that is not served (yet) has no revision to resume from.
                if (failure is StatusException { Status.Code: 404 }) mustList = true;
                if (failures++ == 0) logger.CacheInterrupted(type.Plural, failure.Message);
                else logger.CacheStillInterrupted(type.Plural, failures, failure.Message);
            }

            if (!await Pause.ForAsync(options.Backoff.Delay(Math.Max(1, failures), random), time, ct)) return;
        }
    }

    private async Task RelistAsync(CancellationToken ct)
    {
        var list = await api.ListAsync(type, options.Namespace, new ListOptions { LabelSelector = options.LabelSelector, FieldSelector = options.FieldSelector }, ct);
        var changes = new List<CacheChange<T>>();
        lock (gate)
        {
            var gone = objects.Names.ToHashSet();
            foreach (var obj in list.Items.Where(Keeps))
            {
                var name = NamespacedName.Of(obj);
                gone.Remove(name);
                if (objects.Find(name)?.Metadata.ResourceVersion != obj.Metadata.ResourceVersion)
                    changes.Add(new CacheChange<T>(name, objects.Set(name, obj), obj));
            }

            foreach (var name in gone.OrderBy(name => name.Namespace, StringComparer.Ordinal).ThenBy(name => name.Name, StringComparer.Ordinal))
                changes.Add(new CacheChange<T>(name, objects.Set(name, null), null));
        }

        Tell(changes);
        relisted?.Invoke();
        synced.TrySetResult();
        Reach(Parse(list.ResourceVersion));
    }

    /// <summary>Watches from the revision reached until the server ends the watch.</summary>
    private async Task FollowAsync(Action progressed, CancellationToken ct)
    {
        var watch = new WatchOptions
        {
            LabelSelector = options.LabelSelector,
            FieldSelector = options.FieldSelector,
            ResourceVersion = revision.ToString(CultureInfo.InvariantCulture),
            AllowBookmarks = true,
            Timeout = TimeSpan.FromSeconds(Math.Ceiling(options.WatchTimeout.TotalSeconds * (1 + random.NextDouble()))),
        };
        await foreach (var change in api.WatchAsync(type, options.Namespace, watch, ct))
        {
            progressed();
            var at = Parse(change.ResourceVersion);
            if (at <= revision) continue;
            if (change.Object is { } obj)
            {
                var name = NamespacedName.Of(obj);
                var now = change.Type == ObjectEventType.Deleted || !Keeps(obj) ? null : obj;
                T? old;
                lock (gate) old = objects.Set(name, now);
                if (options.Keep is not null && change.Type == ObjectEventType.Deleted) old ??= obj;
                if (old is not null || now is not null) Tell([new CacheChange<T>(name, old, now)]);
            }

            Reach(at);
        }
    }

    private bool Keeps(T obj) => options.Keep is not { } keep || keep(obj.Metadata);

    private void Tell(IReadOnlyList<CacheChange<T>> changes)
    {
        foreach (var change in changes)
            foreach (var handler in handlers)
                handler(change);
    }

    private void Reach(ulong reached)
    {
        Waiter[] due;
        lock (gate)
        {
            revision = Math.Max(revision, reached);
            due = [.. waiters.Where(waiter => waiter.Revision <= revision)];
            waiters.RemoveAll(waiter => waiter.Revision <= revision);
        }

        foreach (var waiter in due) waiter.Reached.TrySetResult();
    }

    private async Task WaitAsync(ulong wanted, CancellationToken ct)
    {
        var waiter = new Waiter(wanted, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (gate)
        {
            if (HasSynced && revision >= wanted) return;
            waiters.Add(waiter);
        }

        try
        {
            using var cancelled = ct.UnsafeRegister(static (reached, token) => ((TaskCompletionSource)reached!).TrySetCanceled(token), waiter.Reached);
            await waiter.Reached.Task;
        }
        finally
        {
            lock (gate) waiters.Remove(waiter);
        }
    }

    private static ulong Parse(string resourceVersion) =>
        ulong.TryParse(resourceVersion, CultureInfo.InvariantCulture, out var parsed)
            ? parsed
            : throw new FormatException($"resourceVersion \"{resourceVersion}\" is not a number");

    private sealed record Waiter(ulong Revision, TaskCompletionSource Reached);
}

namespace Dovetail.Runtime.Queue;

/// <summary>
/// Keys that want attention, first come first served. A key waits at most once; a key that is added while it is being worked on waits until
/// <see cref="Done"/> and comes again, so two workers never hold one key. Safe for use from several threads.
/// </summary>
public sealed class WorkQueue<TKey>(TimeProvider time, Random random, RetryBackoff backoff) : IDisposable
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Queue<TKey> ready = new();
    private readonly Queue<TaskCompletionSource<TKey>> takers = new();
    // With the moment from which on they wait or are worked on.
    private readonly Dictionary<TKey, long> waiting = [];
    private readonly Dictionary<TKey, long> working = [];
    private readonly QueueMetrics.Durations waited = new();
    private readonly QueueMetrics.Durations worked = new();
    private readonly Dictionary<TKey, int> failures = [];
    private readonly Dictionary<TKey, Alarm> alarms = [];
    private long adds;
    private long retries;
    private bool disposed;

    /// <summary>Keys that wait for a worker; those with a delay still running are not counted.</summary>
    public int Depth
    {
        get
        {
            lock (gate) return ready.Count;
        }
    }

    /// <summary>What it has gone through until now.</summary>
    public QueueMetrics Metrics
    {
        get
        {
            lock (gate)
            {
                var running = working.Values.Select(since => time.GetElapsedTime(since)).ToArray();
                return new QueueMetrics
                {
                    Depth = ready.Count,
                    Adds = adds,
                    Retries = retries,
                    Unfinished = running.Aggregate(TimeSpan.Zero, (sum, one) => sum + one),
                    LongestRunning = running.DefaultIfEmpty().Max(),
                    Waited = waited.Copy(),
                    Worked = worked.Copy(),
                };
            }
        }
    }

    public void Add(TKey key)
    {
        lock (gate)
        {
            if (disposed || !waiting.TryAdd(key, time.GetTimestamp())) return;
            adds++;
            if (!working.ContainsKey(key)) Offer(key);
        }
    }

    /// <summary>Adds the key after a delay. Of several delays of one key the earliest holds.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        lock (gate)
        {
            if (disposed) return;
            retries++;
            // On the clock that is never set: a wall clock that jumps ahead would make the alarm that is there look like the earlier one.
            var due = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
            if (alarms.TryGetValue(key, out var earlier))
            {
                if (earlier.Due <= due) return;
                earlier.Timer.Dispose();
            }

            alarms[key] = new Alarm(due, time.CreateTimer(_ => Ring(key, due), null, delay, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Adds the key after a delay that doubles with each call until <see cref="Forget"/>.</summary>
    /// <returns>The delay chosen.</returns>
    public TimeSpan Retry(TKey key)
    {
        TimeSpan delay;
        lock (gate)
        {
            var count = failures[key] = failures.GetValueOrDefault(key) + 1;
            delay = backoff.Delay(count, random);
        }

        AddAfter(key, delay);
        return delay;
    }

    /// <summary>How often in a row the key has been retried.</summary>
    public int Failures(TKey key)
    {
        lock (gate) return failures.GetValueOrDefault(key);
    }

    /// <summary>Ends the key's row of failures.</summary>
    public void Forget(TKey key)
    {
        lock (gate) failures.Remove(key);
    }

    /// <summary>The next key; call <see cref="Done"/> when its work has ended.</summary>
    public async Task<TKey> TakeAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        TaskCompletionSource<TKey> taker;
        lock (gate)
        {
            if (ready.TryDequeue(out var key))
            {
                Begin(key);
                return key;
            }

            taker = new TaskCompletionSource<TKey>(TaskCreationOptions.RunContinuationsAsynchronously);
            takers.Enqueue(taker);
        }

        using var cancelled = ct.UnsafeRegister(static (state, token) => ((TaskCompletionSource<TKey>)state!).TrySetCanceled(token), taker);
        return await taker.Task;
    }

    public void Done(TKey key)
    {
        lock (gate)
        {
            if (working.Remove(key, out var since)) worked.Observe(time.GetElapsedTime(since));
            if (!disposed && waiting.ContainsKey(key)) Offer(key);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var alarm in alarms.Values) alarm.Timer.Dispose();
            alarms.Clear();
        }
    }

    private void Offer(TKey key)
    {
        while (takers.TryDequeue(out var taker))
        {
            var since = waiting[key];
            Begin(key);
            if (taker.TrySetResult(key)) return;
            working.Remove(key);
            waiting[key] = since;
        }

        ready.Enqueue(key);
    }

    private void Begin(TKey key)
    {
        if (waiting.Remove(key, out var since)) waited.Observe(time.GetElapsedTime(since));
        working[key] = time.GetTimestamp();
    }

    private void Ring(TKey key, long due)
    {
        lock (gate)
        {
            if (!alarms.TryGetValue(key, out var alarm) || alarm.Due != due) return;
            alarm.Timer.Dispose();
            alarms.Remove(key);
        }

        Add(key);
    }

    private readonly record struct Alarm(long Due, ITimer Timer);
}

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
    private readonly HashSet<TKey> waiting = [];
    private readonly HashSet<TKey> working = [];
    private readonly Dictionary<TKey, int> failures = [];
    private readonly Dictionary<TKey, Alarm> alarms = [];
    private bool disposed;

    /// <summary>Keys that wait for a worker; those with a delay still running are not counted.</summary>
    public int Depth
    {
        get
        {
            lock (gate) return ready.Count;
        }
    }

    public void Add(TKey key)
    {
        lock (gate)
        {
            if (disposed || !waiting.Add(key) || working.Contains(key)) return;
            Offer(key);
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
            working.Remove(key);
            if (!disposed && waiting.Contains(key)) Offer(key);
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
            Begin(key);
            if (taker.TrySetResult(key)) return;
            working.Remove(key);
            waiting.Add(key);
        }

        ready.Enqueue(key);
    }

    private void Begin(TKey key)
    {
        waiting.Remove(key);
        working.Add(key);
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

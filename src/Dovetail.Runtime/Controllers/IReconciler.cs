using Dovetail.Runtime.Queue;

namespace Dovetail.Runtime.Controllers;

/// <summary>
/// How a reconcile ended. A failure is logged once by the loop and retried with back-off; <see cref="RecheckAfter"/> asks for another look after that time
/// (with a failure, whichever comes first). Otherwise the key rests until something changes.
/// </summary>
public readonly record struct Outcome(Exception? Failure, TimeSpan? RecheckAfter)
{
    public static Outcome Done => default;

    public static Outcome RequeueAfter(TimeSpan delay) => new(null, delay);

    public static Outcome Failed(Exception failure) => new(failure, null);
}

/// <summary>Brings one key's part of the world to what is asked. The input is a key, never an event; it may be called at any time, any number of times,
/// but never twice at once for one key. An exception counts as <see cref="Outcome.Failed"/>.</summary>
public interface IReconciler<in TKey>
{
    Task<Outcome> ReconcileAsync(TKey key, CancellationToken ct);
}

/// <summary>Something that runs until it is cancelled: a cache, a controller, a loop of one's own.</summary>
public interface IRunnable
{
    string Name { get; }

    /// <summary>Returns only when cancelled.</summary>
    Task RunAsync(CancellationToken ct);
}

/// <summary>Something with a work queue that others may look at.</summary>
public interface IMeasuredQueue
{
    string Name { get; }

    QueueMetrics Metrics { get; }
}

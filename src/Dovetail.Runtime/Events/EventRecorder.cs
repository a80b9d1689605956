using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Events;

public enum EventKind
{
    Normal,
    Warning,
}

/// <summary>Records core/v1 Events about objects.</summary>
public interface IEventRecorder
{
    /// <summary>Tells users of the object what happened. A failure to write is logged and swallowed: an event never fails a reconcile.</summary>
    Task RecordAsync<T>(ResourceType<T> type, T about, EventKind kind, string reason, string message, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}

/// <summary>
/// As client-go's recorder: a repeat (same object, reason and message) raises <c>count</c> and <c>lastTimestamp</c> of the event there is, and each object
/// may cause a burst of 25 events, then one every five minutes; what exceeds that is dropped.
/// </summary>
/// <param name="api">Where events are written.</param>
/// <param name="component">The reporting component, e.g. <c>virtualmachine-controller</c>.</param>
/// <param name="host">The node that reports; "" for cluster-wide components.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of events that could not be written.</param>
public sealed class EventRecorder(IKubeApi api, string component, string host, TimeProvider time, ILogger logger) : IEventRecorder
{
    private const int Burst = 25;
    private const int RememberedEvents = 4096;
    private static readonly TimeSpan Refill = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Dictionary<(string Uid, string Reason, string Message), Written> written = [];
    private readonly Dictionary<string, Bucket> buckets = [];
    private long lastSuffix;

    public async Task RecordAsync<T>(ResourceType<T> type, T about, EventKind kind, string reason, string message, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var now = time.GetUtcNow().UtcDateTime;
        var key = (about.Metadata.Uid ?? "", reason, message);
        Written? before;
        lock (gate)
        {
            if (!TakeToken(about.Metadata.Uid ?? "")) return;
            before = written.GetValueOrDefault(key);
        }

        try
        {
            var told = await RaiseAsync(before, now, ct) ?? await CreateAsync(type, about, kind, reason, message, now, ct);
            lock (gate)
            {
                if (written.Count >= RememberedEvents) written.Clear();
                written[key] = told;
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            logger.EventNotWritten(type.Kind, NamespacedName.Of(about).ToString(), reason, failure.Message);
        }
    }

    private async Task<Written?> RaiseAsync(Written? before, DateTime now, CancellationToken ct)
    {
        if (before is null) return null;
        var count = before.Count + 1;
        var patch = new MergePatchBuilder()
            .Set(["count"], count, BuiltInJson.Default.Int32)
            .Set(["lastTimestamp"], now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))
            .Build();
        try
        {
            await api.PatchAsync(BuiltInTypes.Events, before.Name.Namespace, before.Name.Name, PatchType.Merge, patch, new(), "", ct);
            return before with { Count = count };
        }
        catch (StatusException expired) when (expired.Status.Code == 404)
        {
            return null;
        }
    }

    private async Task<Written> CreateAsync<T>(ResourceType<T> type, T about, EventKind kind, string reason, string message, DateTime now, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var ns = string.IsNullOrEmpty(about.Metadata.NamespaceProperty) ? "default" : about.Metadata.NamespaceProperty;
        var created = await api.CreateAsync(
            BuiltInTypes.Events,
            new Corev1Event
            {
                ApiVersion = "v1",
                Kind = "Event",
                // Upstream's way to a unique name: the object's name and the time in hex.
                Metadata = new V1ObjectMeta { NamespaceProperty = ns, Name = $"{Shortened(about.Metadata.Name)}.{UniqueSuffix(now)}" },
                InvolvedObject = new V1ObjectReference
                {
                    ApiVersion = type.ApiVersion,
                    Kind = type.Kind,
                    Name = about.Metadata.Name,
                    NamespaceProperty = about.Metadata.NamespaceProperty,
                    Uid = about.Metadata.Uid,
                    ResourceVersion = about.Metadata.ResourceVersion,
                },
                Type = kind.ToString(),
                Reason = reason,
                Message = message,
                Source = new V1EventSource { Component = component, Host = host.Length == 0 ? null : host },
                ReportingComponent = component,
                ReportingInstance = host,
                FirstTimestamp = now,
                LastTimestamp = now,
                Count = 1,
            },
            ct);
        return new Written(NamespacedName.Of(created), 1);
    }

    private string UniqueSuffix(DateTime now)
    {
        lock (gate)
        {
            lastSuffix = Math.Max(lastSuffix + 1, now.Ticks);
            return lastSuffix.ToString("x", CultureInfo.InvariantCulture);
        }
    }

    private static string Shortened(string name) => name.Length <= 230 ? name : name[..230].TrimEnd('.', '-');

    private bool TakeToken(string uid)
    {
        if (buckets.Count >= RememberedEvents) buckets.Clear();
        var bucket = buckets.GetValueOrDefault(uid) ?? new Bucket(Burst, time.GetTimestamp());
        var tokens = Math.Min(Burst, bucket.Tokens + (time.GetElapsedTime(bucket.At) / Refill));
        buckets[uid] = new Bucket(tokens >= 1 ? tokens - 1 : tokens, time.GetTimestamp());
        return tokens >= 1;
    }

    private sealed record Written(NamespacedName Name, int Count);

    /// <param name="Tokens">What was left.</param>
    /// <param name="At">When, on the clock that is never set.</param>
    private sealed record Bucket(double Tokens, long At);
}

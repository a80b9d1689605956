using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.EventExpiry;

/// <summary>Deletes events that were last written an hour ago, as kube-apiserver's --event-ttl does. The hour is counted by what passes while the loop runs, as etcd counts a lease:
/// setting the clock neither takes events away nor keeps them. What was there before the loop began is as old as the clock says.</summary>
public sealed class EventExpiryLoop(IKubeApi api, TimeProvider time, ILogger<EventExpiryLoop> logger) : IRunnable
{
    public static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    private Dictionary<string, Sighting> seen = new(StringComparer.Ordinal); // by uid
    private long? sweptAt;

    public string Name => "event-expiry";

    public async Task RunAsync(CancellationToken ct)
    {
        do
        {
            try
            {
                await SweepAsync(ct);
            }
            catch (StatusException refusal)
            {
                logger.SweepFailed(refusal.Message);
            }
        }
        while (await Pause.ForAsync(Period, time, ct));
    }

    private async Task SweepAsync(CancellationToken ct)
    {
        var now = time.GetTimestamp();
        var present = new Dictionary<string, Sighting>(StringComparer.Ordinal);
        List<Corev1Event> expired = [];
        foreach (var told in (await api.ListAsync(BuiltInTypes.Events, "", new ListOptions(), ct)).Items)
        {
            var sighting = seen.TryGetValue(told.Metadata.Uid, out var known) && known.Revision == told.Metadata.ResourceVersion ? known : new(told.Metadata.ResourceVersion, now, AgeOf(told));
            present[told.Metadata.Uid] = sighting;
            if (sighting.Age + time.GetElapsedTime(sighting.At) > TimeToLive) expired.Add(told);
        }

        (seen, sweptAt) = (present, now);
        foreach (var told in expired) await api.DeleteAsync(BuiltInTypes.Events, told.Metadata.NamespaceProperty, told.Metadata.Name, new DeleteOptions(), ct);
    }

    /// <summary>Of an event that is seen for the first time: not older than the sweep that did not see it.</summary>
    private TimeSpan AgeOf(Corev1Event told)
    {
        var age = time.GetUtcNow().UtcDateTime - LastWritten(told) ?? TimeSpan.Zero;
        if (sweptAt is { } before && age > time.GetElapsedTime(before)) age = time.GetElapsedTime(before);
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    private static DateTime? LastWritten(Corev1Event told) =>
        new[] { told.Series?.LastObservedTime, told.LastTimestamp, told.EventTime, told.Metadata.CreationTimestamp }.Max();

    /// <summary>When an event was first seen as it is now, and how old it was then.</summary>
    private readonly record struct Sighting(string Revision, long At, TimeSpan Age);
}

using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.EventExpiry;

/// <summary>Deletes events that were last written an hour ago, as kube-apiserver's --event-ttl does.</summary>
public sealed class EventExpiryLoop(IKubeApi api, TimeProvider time, ILogger<EventExpiryLoop> logger) : IRunnable
{
    public static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

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
        var oldest = time.GetUtcNow().UtcDateTime - TimeToLive;
        foreach (var told in (await api.ListAsync(BuiltInTypes.Events, "", new ListOptions(), ct)).Items.Where(told => LastWritten(told) < oldest))
            await api.DeleteAsync(BuiltInTypes.Events, told.Metadata.NamespaceProperty, told.Metadata.Name, new DeleteOptions(), ct);
    }

    private static DateTime? LastWritten(Corev1Event told) =>
        new[] { told.Series?.LastObservedTime, told.LastTimestamp, told.EventTime, told.Metadata.CreationTimestamp }.Max();
}

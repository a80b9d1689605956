using System.Collections.Immutable;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.Components;

/// <summary>Keeps the Deployments and DaemonSets that stand for the platform's own parts, with ready counts from live health checks every two seconds.
/// Nothing is written while nothing changes.</summary>
public sealed class ComponentStatusLoop(IKubeApi api, ImmutableArray<Component> components, TimeProvider time, ILogger<ComponentStatusLoop> logger) : IRunnable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>An object that somebody deleted or changed is put right after this many rounds at the latest.</summary>
    private const int RoundsBetweenLooks = 15;

    private readonly Dictionary<string, ComponentCounts> written = [];

    public string Name => "components";

    public async Task RunAsync(CancellationToken ct)
    {
        await EnsureNamespacesAsync(ct);
        var round = 0;
        do
        {
            if (round++ % RoundsBetweenLooks == 0) written.Clear();
            foreach (var component in components) await RefreshAsync(component, ct);
        }
        while (await Pause.ForAsync(Period, time, ct));
    }

    private async Task EnsureNamespacesAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await PlatformNamespaces.EnsureAsync(api, ct);
                return;
            }
            catch (StatusException refusal)
            {
                logger.NamespacesNotEnsured(refusal.Message);
            }

            await Task.Delay(Period, time, ct);
        }
    }

    private async Task RefreshAsync(Component component, CancellationToken ct)
    {
        var counts = await CheckAsync(component, ct);
        if (written.TryGetValue(component.Name, out var before) && before == counts) return;
        try
        {
            await (component.Kind == ComponentKind.Deployment ? WriteDeploymentAsync(component, counts, ct) : WriteDaemonSetAsync(component, counts, ct));
            written[component.Name] = counts;
        }
        catch (StatusException refusal)
        {
            logger.ComponentNotWritten(component.Name, refusal.Message); // tried again in the next round
        }
    }

    private async Task<ComponentCounts> CheckAsync(Component component, CancellationToken ct)
    {
        using var timer = new CancellationTokenSource(Period, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, ct);
        try
        {
            return await component.CheckAsync(limit.Token);
        }
#pragma warning disable CA1031 // However a part fails to answer, it is not ready.
        catch (Exception failure) when (!ct.IsCancellationRequested)
#pragma warning restore CA1031
        {
            if (written.TryGetValue(component.Name, out var before) && before.Ready > 0) logger.CheckFailed(component.Name, failure.Message);
            return new ComponentCounts(Math.Max(1, before.Desired), 0);
        }
    }

    private async Task WriteDeploymentAsync(Component component, ComponentCounts counts, CancellationToken ct)
    {
        var type = BuiltInTypes.Deployments;
        var deployment = await api.FindAsync(type, component.Namespace, component.Name, ct)
            ?? await api.CreateAsync(type, ComponentObjects.Deployment(component), ct);
        var changed = type.Copy(deployment);
        changed.Status = ComponentObjects.StatusOf(deployment, counts, time.GetUtcNow().UtcDateTime);
        await api.ReplaceAsync(type, changed, "status", ct);
    }

    private async Task WriteDaemonSetAsync(Component component, ComponentCounts counts, CancellationToken ct)
    {
        var type = BuiltInTypes.DaemonSets;
        var daemonSet = await api.FindAsync(type, component.Namespace, component.Name, ct)
            ?? await api.CreateAsync(type, ComponentObjects.DaemonSet(component), ct);
        var changed = type.Copy(daemonSet);
        changed.Status = ComponentObjects.StatusOf(daemonSet, counts);
        await api.ReplaceAsync(type, changed, "status", ct);
    }
}

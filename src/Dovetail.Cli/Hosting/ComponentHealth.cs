using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;
using Dovetail.Cli.Commands;
using Dovetail.Cli.Platform;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtApi.Subresources;
using Dovetail.Workloads.Components;

namespace Dovetail.Cli.Hosting;

/// <summary>The live health checks behind the Deployments and the DaemonSet that stand for the platform's parts.</summary>
internal sealed class ComponentHealth : IDisposable
{
    private readonly IKubeApi _api;
    private readonly Settings _settings;
    private readonly string _nodeName;
    private readonly HttpClient _handler;
    private readonly HttpClient _registry = new() { Timeout = TimeSpan.FromSeconds(2) };

    public ComponentHealth(IKubeApi api, Settings settings, string nodeName, HandlerTrust trust)
    {
        (_api, _settings, _nodeName) = (api, settings, nodeName);
        _handler = HandlerConnection.CreateClient(trust, TimeSpan.FromSeconds(2));
        var image = $"dovetail:{StatusCommand.Version}";
        ImmutableArray<Component> always =
        [
            // They live and die with this process; who reads this has been answered by it.
            Component.OfKubeVirt("virt-api", ComponentKind.Deployment, image, _ => Task.FromResult(ComponentCounts.One(healthy: true))),
            Component.OfKubeVirt("virt-controller", ComponentKind.Deployment, image, _ => Task.FromResult(ComponentCounts.One(healthy: true))),
        ];
        Components = settings.Node
            ? [.. always, Component.OfKubeVirt("virt-handler", ComponentKind.DaemonSet, image, HandlerAsync), Component.Registry("docker-registry", RegistryAsync)]
            : always;
    }

    public ImmutableArray<Component> Components { get; }

    public void Dispose()
    {
        _handler.Dispose();
        _registry.Dispose();
    }

    private async Task<ComponentCounts> HandlerAsync(CancellationToken ct)
    {
        var node = await _api.FindAsync(BuiltInTypes.Nodes, "", _nodeName, ct);
        if (node?.Metadata.Annotations is not { } annotations || !annotations.TryGetValue(KubeVirtAnnotations.VirtHandlerAddress, out var address)) return ComponentCounts.One(healthy: false);
        using var answer = await _handler.GetAsync(new Uri($"https://{address}/healthz"), ct);
        return ComponentCounts.One(answer.IsSuccessStatusCode);
    }

    private async Task<ComponentCounts> RegistryAsync(CancellationToken ct)
    {
        using var answer = await _registry.GetAsync(new Uri($"http://127.0.0.1:{_settings.RegistryPort}/v2/"), ct);
        return ComponentCounts.One(answer.IsSuccessStatusCode);
    }
}

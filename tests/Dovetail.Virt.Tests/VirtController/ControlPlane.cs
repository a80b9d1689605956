using System.Text;
using System.Text.Json;
using Dovetail.Api;
using Dovetail.Api.KubeVirt;
using Dovetail.ApiServer.Crds;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using Dovetail.Virt.VirtController;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Virt.Tests.VirtController;

/// <summary>virt-controller on a real API over a memory store. The test plays scheduler, node agent and virt-handler.</summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource stop = new();
    private readonly SharedCaches caches;
    private readonly Task running;

    private ControlPlane(ObjectRegistry registry, WriteFault fault)
    {
        var time = TimeProvider.System;
        var random = new Random(1);
        Api = new EmbeddedKubeApi(registry, UserInfo.Component(VirtControllers.FieldManager), new ParsedRevisions());
        var faulty = new FaultyKubeApi(Api, fault);
        caches = new SharedCaches(Api, time, random, NullLogger<SharedCaches>.Instance);
        var controllers = new VirtControllers(faulty, caches, time, random, NullLoggerFactory.Instance).Create(new());
        running = new ControllerHost(caches, controllers, null, time, random, NullLogger<ControllerHost>.Instance).RunAsync(stop.Token);
    }

    public IKubeApi Api { get; }

    public static async Task<ControlPlane> StartAsync(CancellationToken ct, WriteFault fault = WriteFault.None)
    {
        var bundle = new CrdBundle(KubeVirtCrds.All.Select(crd => crd.Json));
        var registry = new ObjectRegistry(new() { Store = new MemoryRevisionStore(), Time = TimeProvider.System, TrustedCelRules = bundle.Names });
        await bundle.EnsureAsync(registry, ct);
        var plane = new ControlPlane(registry, fault);
        await plane.Api.CreateAsync(BuiltInTypes.Namespaces, new() { Metadata = new() { Name = "demo" } }, ct);
        await plane.Api.CreateAsync(
            BuiltInTypes.Nodes,
            new() { Metadata = new() { Name = "node-1", Labels = new Dictionary<string, string> { [KubeVirtLabels.Schedulable] = "true" } } },
            ct);
        return plane;
    }

    /// <summary>The object once it satisfies the condition; null satisfies when <paramref name="condition"/> says so.</summary>
    public async Task<T?> UntilAsync<T>(ResourceType<T> type, string name, Func<T?, bool> condition, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var cache = caches.For(type);
        var seen = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        cache.Subscribe(change =>
        {
            if ((change.New ?? change.Old)!.Metadata.Name == name && condition(change.New)) seen.TrySetResult(change.New);
        });
        await cache.WaitForSyncAsync(ct);
        var now = cache.Find("demo", name);
        if (condition(now)) seen.TrySetResult(now);
        try
        {
            return await seen.Task.WaitAsync(Patience, TimeProvider.System, ct);
        }
        catch (TimeoutException)
        {
            var last = cache.Find("demo", name);
            throw new TimeoutException($"{type.Kind} {name} is {(last is null ? "absent" : JsonSerializer.Serialize(last, type.Json))}");
        }
    }

    public async Task<V1Pod> PodOfAsync(VirtualMachineInstance vmi, CancellationToken ct) =>
        (await UntilAsync(BuiltInTypes.Pods, Virt.VirtController.VirtualMachineInstances.LauncherPodRenderer.PodName(vmi), pod => pod is not null, ct))!;

    /// <summary>What scheduler and node agent do until the launcher answers.</summary>
    public async Task StartPodAsync(V1Pod pod, CancellationToken ct)
    {
        var binding = $$$"""{"apiVersion":"v1","kind":"Binding","metadata":{"name":"{{{pod.Metadata.Name}}}"},"target":{"kind":"Node","name":"node-1"}}""";
        await Api.CreateSubresourceAsync(BuiltInTypes.Pods, "demo", pod.Metadata.Name, "binding", Encoding.UTF8.GetBytes(binding), ct);
        await PatchAsync(BuiltInTypes.Pods, pod.Metadata.Name, """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""", "status", ct, PatchType.StrategicMerge);
    }

    /// <summary>What the node agent does when a pod has ended.</summary>
    public Task RemovePodAsync(string name, CancellationToken ct) => Api.DeleteAsync(BuiltInTypes.Pods, "demo", name, new() { GracePeriodSeconds = 0 }, ct);

    /// <summary>What virt-handler does.</summary>
    public Task SetPhaseAsync(string vmi, string phase, CancellationToken ct) =>
        PatchAsync(KubeVirtTypes.VirtualMachineInstances, vmi, $$$"""{"status":{"phase":"{{{phase}}}","phaseTransitionTimestamps":[{"phase":"{{{phase}}}"}]}}""", "", ct);

    public Task PatchAsync<T>(ResourceType<T> type, string name, string patch, string subresource, CancellationToken ct, PatchType kind = PatchType.Merge)
        where T : class, IKubernetesObject<V1ObjectMeta> => Api.PatchAsync(type, "demo", name, kind, Encoding.UTF8.GetBytes(patch), new(), subresource, ct);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        stop.Dispose();
    }
}

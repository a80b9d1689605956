using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dovetail.Api;
using Dovetail.ApiServer;
using Dovetail.ApiServer.Bootstrap;
using Dovetail.ApiServer.Security;
using Dovetail.Cli.Commands;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Engines;
using Dovetail.Store.Sqlite;
using Dovetail.Virt.VirtApi.Admission;
using Dovetail.Virt.VirtApi.Subresources;
using Dovetail.Virt.VirtController;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using Dovetail.Workloads;
using Dovetail.Workloads.Identity;
using Microsoft.Extensions.Logging;

namespace Dovetail.Cli.Hosting;

/// <summary><c>dovetail server</c>: store, API server, virt-api and the controllers in one process.</summary>
internal static class ServerProcess
{
    /// <summary>A revision is parsed once for all components.</summary>
    private static readonly ParsedRevisions Revisions = new();

    public static Task<int> RunAsync(string? dataDir, CancellationToken ct) => PartHost.RunAsync(Parts.Server, dataDir, (data, settings, loggers) => ServeAsync(data, settings, loggers, ct));

    private static async Task ServeAsync(DataDirectory data, Settings settings, ILoggerFactory loggers, CancellationToken ct)
    {
        var time = TimeProvider.System;
        var nodeName = PlatformProcesses.NodeName(settings);
        await using var store = SqliteRevisionStore.Open(
            new SqliteStoreOptions
            {
                Path = data.Database,
                Retention = new HistoryRetention { Age = TimeSpan.FromHours(settings.HistoryRetentionHours), Bytes = (long)settings.HistoryRetentionMegabytes << 20 },
            },
            time);
        var lifetime = TimeSpan.FromMinutes(settings.CertificateLifetimeMinutes);
        using var authority = CertificateAuthority.LoadOrCreate(data.Pki, time, lifetime);
        var identity = PlatformIdentity.Ensure(authority, data, settings, nodeName);

        // The subresource API calls the API that it is part of: it is there a moment after the front door opens.
        var subresources = new TaskCompletionSource<SubresourceApi>(TaskCreationOptions.RunContinuationsAsynchronously);
        var aggregated = new AggregatedApi(
            SubresourceApi.Group,
            [.. SubresourceApi.Versions.Select(v => (v, (ReadOnlyMemory<byte>)SubresourceApi.ResourceList(v)))],
            SubresourceApi.Version,
            async context => await (await subresources.Task.WaitAsync(context.RequestAborted)).HandleAsync(context));
        var options = new ApiServerOptions
        {
            Listen = settings.ListenEndPoint,
            PkiFolder = data.Pki,
            CertificateLifetime = lifetime,
            TokenFile = settings.TokenFile,
            ClientCAFile = settings.ClientCAFile,
            Authorization = settings.Modes,
            DisabledAdmissionPlugins = settings.DisabledPlugins,
            ServiceRange = IPNetwork.Parse(settings.ServiceClusterIPRange),
            AccessLogLevel = settings.AccessLog ? LogLevel.Information : LogLevel.None,
            PlatformObjects = [LauncherRuntimeClass(), .. ClusterInfo.Objects(settings.ApiUrl, authority.CertificatePem)],
            PlatformCrds = [.. KubeVirtCrds.All.Select(c => c.Json)],
        };
        await using var server = await ApiServerHost.StartAsync(options, store, [new VirtAdmission(Guid.NewGuid)], [aggregated], time, loggers, ct);
        var trust = new HandlerTrust(() => identity.VirtApi.Certificate, authority.Certificate);
        using var api = new SubresourceApi(Seam(server, "virt-api"), trust, StatusCommand.Version);
        subresources.SetResult(api);

        using var health = new ComponentHealth(Seam(server, "components"), settings, nodeName, trust);
        var host = Controllers(server, health, time, loggers);
        server.AddMetrics(host.RenderMetrics);
        var controllers = host.RunAsync(ct);
        var guard = PartHost.GuardAsync(data, loggers, ct);
        var rotation = new CertificateRotation(authority, identity.All, time, loggers.CreateLogger<CertificateRotation>()).RunAsync(ct);
        await Task.WhenAll(controllers, guard, rotation);
    }

    private static ControllerHost Controllers(ApiServerHost server, ComponentHealth health, TimeProvider time, ILoggerFactory loggers)
    {
        var random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
        // Separate components by name, so that managedFields and events tell them apart; one set of caches for all.
        var caches = new SharedCaches(Seam(server, "caches"), time, random, loggers.CreateLogger<SharedCaches>());
        var workloads = new WorkloadControllers(Seam(server, "kube-controller-manager"), caches, time, random, loggers).Create(health.Components);
        var identity = new IdentityControllers(Seam(server, "kube-controller-manager"), caches, new ServerCredentials(server, time), time, random, loggers).Create();
        var virt = new VirtControllers(Seam(server, "virt-controller"), caches, time, random, loggers).Create(new LauncherPodOptions());
        return new ControllerHost(caches, [.. workloads, .. identity, .. virt], election: null, time, random, loggers.CreateLogger<ControllerHost>());
    }

    /// <summary>Launcher pods name it; the node agent's own runtime realises them.</summary>
    private static SystemObject LauncherRuntimeClass()
    {
        var name = new LauncherPodOptions().RuntimeClass;
        return new("node.k8s.io", "v1", "runtimeclasses", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["handler"] = name });
    }

    private static EmbeddedKubeApi Seam(ApiServerHost server, string component) => new(server.Api, UserInfo.Component(component), Revisions);
}

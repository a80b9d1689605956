using System.Globalization;
using System.Text.Json.Nodes;

namespace Dovetail.Bench.Api;

/// <summary>Three workloads as clusters have them, beside apibench's single verbs.</summary>
internal static class Workloads
{
    private const string Json = "application/json";
    private const string MergePatch = "application/merge-patch+json";
    private const string Apply = "application/apply-patch+yaml";
    private const int Operations = 20_000;

    public static async Task RunAsync(ApiServerUnderTest server, Results results, CancellationToken ct)
    {
        using (var one = new Load(server, 1))
        {
            foreach (var ns in new[] { "bench-controllers", "bench-leases", "bench-apply" })
                await Load.ExpectAsync(one.Any, HttpMethod.Post, "api/v1/namespaces", $$$"""{"metadata":{"name":"{{{ns}}}"}}""", Json, ct);
        }

        (await ControllersAsync(server, ct)).AddTo(results, $"{server.Name}, controllers: status of 500 pods under 20 informers, 8 clients");
        (await LeasesAsync(server, ct)).AddTo(results, $"{server.Name}, heartbeats: leases of 500 nodes, 8 clients");
        (await AppliesAsync(server, ct)).AddTo(results, $"{server.Name}, apply: manifests of four kinds, 8 clients");
    }

    /// <summary>What controllers do all day: read an object, patch its status, while informers watch.</summary>
    private static async Task<LoadFigures> ControllersAsync(ApiServerUnderTest server, CancellationToken ct)
    {
        const int Pods = 500;
        const string Path = "api/v1/namespaces/bench-controllers/pods";
        using var load = new Load(server, 8);
        await EnsureAccountAsync(load.Any, "bench-controllers", ct);
        for (var i = 0; i < Pods; i++)
            await Load.ExpectAsync(load.Any, HttpMethod.Post, Path, $$$"""{"metadata":{"name":"p{{{i}}}","labels":{"app":"a{{{i % 10}}}"}},"spec":{"nodeName":"absent","containers":[{"name":"c","image":"i"}]}}""", Json, ct);
        await using var informers = await Watchers.OpenAsync(server, connections: 4, each: 5, Path + "?watch=true&allowWatchBookmarks=true&resourceVersion=0", ct);
        return await load.RunAsync(
            Operations,
            (connection, i) => (i % 3) switch
            {
                0 => Load.ExpectAsync(connection, HttpMethod.Get, $"{Path}/p{i % Pods}", null, "", ct),
                1 => Load.ExpectAsync(connection, HttpMethod.Get, $"{Path}?labelSelector=app%3Da{i % 10}&limit=50", null, "", ct),
                _ => Load.ExpectAsync(connection, HttpMethod.Patch, $"{Path}/p{i % Pods}/status", $$$"""{"status":{"message":"step {{{i}}}"}}""", MergePatch, ct),
            },
            ct);
    }

    /// <summary>Every kubelet's heartbeat: a whole lease is written anew.</summary>
    private static async Task<LoadFigures> LeasesAsync(ApiServerUnderTest server, CancellationToken ct)
    {
        const int Nodes = 500;
        const string Path = "apis/coordination.k8s.io/v1/namespaces/bench-leases/leases";
        using var load = new Load(server, 8);
        // A kubelet names the revision that it saw last: leases are not updated without.
        var revisions = new string[Nodes];
        static string Lease(int node, int beat, string revision) =>
            $$$"""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"n{{{node}}}","namespace":"bench-leases","resourceVersion":"{{{revision}}}"},"spec":{"holderIdentity":"n{{{node}}}","leaseDurationSeconds":40,"renewTime":"{{{new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMilliseconds(beat).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture)}}}"}}""";
        static string Revision(string answer) => JsonNode.Parse(answer)!["metadata"]!["resourceVersion"]!.GetValue<string>();
        for (var i = 0; i < Nodes; i++) revisions[i] = Revision(await Load.ExpectAsync(load.Any, HttpMethod.Post, Path, Lease(i, 0, ""), Json, ct));
        return await load.RunAsync(
            Operations,
            async (connection, i) =>
            {
                var node = i % Nodes;
                revisions[node] = Revision(await Load.ExpectAsync(connection, HttpMethod.Put, $"{Path}/n{node}", Lease(node, i + 1, revisions[node]), Json, ct));
            },
            ct);
    }

    /// <summary>A fleet of manifests applied again and again, as a deployment pipeline does; every fourth time something has changed.</summary>
    private static async Task<LoadFigures> AppliesAsync(ApiServerUnderTest server, CancellationToken ct)
    {
        using var load = new Load(server, 8);
        static (string Path, string Body) Manifest(int i)
        {
            var name = $"m{i % 400 / 4}";
            var change = i / 1600;
            return (i % 4) switch
            {
                0 => ($"api/v1/namespaces/bench-apply/configmaps/{name}", $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{"version":"{{{change}}}"}}"""),
                1 => ($"api/v1/namespaces/bench-apply/secrets/{name}", $$$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{{name}}}"},"stringData":{"version":"{{{change}}}"}}"""),
                2 => ($"api/v1/namespaces/bench-apply/serviceaccounts/{name}", $$$$"""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"{{{{name}}}}","labels":{"version":"v{{{{change}}}}"}}}"""),
                _ => ($"apis/apps/v1/namespaces/bench-apply/deployments/{name}", $$$$$"""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{{{{name}}}}}"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"{{{{{name}}}}}"}},"template":{"metadata":{"labels":{"app":"{{{{{name}}}}}"}},"spec":{"containers":[{"name":"c","image":"registry/app:v{{{{{change}}}}}"}]}}}}"""),
            };
        }

        return await load.RunAsync(
            Operations,
            (connection, i) =>
            {
                var (path, body) = Manifest(i);
                return Load.ExpectAsync(connection, HttpMethod.Patch, path + "?fieldManager=bench&force=true", body, Apply, ct);
            },
            ct);
    }

    /// <summary>Pods need the account that a controller makes; where no controller runs it is made here.</summary>
    private static async Task EnsureAccountAsync(HttpClient connection, string ns, CancellationToken ct) =>
        await Load.ExpectAsync(connection, HttpMethod.Patch, $"api/v1/namespaces/{ns}/serviceaccounts/default?fieldManager=bench&force=true", """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}""", Apply, ct);
}

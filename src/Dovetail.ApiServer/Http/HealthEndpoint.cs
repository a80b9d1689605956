using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Dovetail.Store;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>One part of the server's health: null when it is well, otherwise what is wrong.</summary>
public sealed record HealthCheck(string Name, Func<string?> Check);

/// <summary><c>/healthz</c>, <c>/livez</c> and <c>/readyz</c> with their parts, in upstream's format (apiserver, <c>server/healthz</c>).</summary>
internal sealed class HealthEndpoint(IRevisionStore store, ImmutableArray<HealthCheck> checks, CancellationToken stopping)
{
    /// <summary>What upstream starts before it is healthy, by the names that monitors and its own suites look for. All of it is done here before the first request is answered.</summary>
    private static readonly ImmutableArray<HealthCheck> Started =
    [
        .. new[]
        {
            "poststarthook/start-apiserver-admission-initializer", "poststarthook/generic-apiserver-start-informers", "poststarthook/start-apiextensions-informers", "poststarthook/start-apiextensions-controllers",
            "poststarthook/crd-informer-synced", "poststarthook/start-system-namespaces-controller", "poststarthook/start-cluster-authentication-info-controller", "poststarthook/storage-readiness",
            "poststarthook/start-service-ip-repair-controllers", "poststarthook/rbac/bootstrap-roles", "poststarthook/scheduling/bootstrap-system-priority-classes", "poststarthook/bootstrap-controller",
            "poststarthook/start-kube-aggregator-informers", "poststarthook/apiservice-status-local-available-controller", "poststarthook/apiservice-status-remote-available-controller",
            "poststarthook/apiservice-registration-controller", "poststarthook/kube-apiserver-autoregistration", "autoregister-completion", "poststarthook/apiservice-openapi-controller",
        }.Select(name => new HealthCheck(name, Well)),
    ];

    public async Task<bool> TryHandleAsync(HttpContext context, string path)
    {
        var end = path.IndexOf('/', 1);
        var kind = end < 0 ? path[1..] : path[1..end];
        if (kind is not ("healthz" or "livez" or "readyz")) return false;
        var part = end < 0 ? "" : path[(end + 1)..];
        var asked = Checks(kind);
        if (part.Length == 0) await RootAsync(context, kind, asked);
        else if (asked.FirstOrDefault(c => c.Name == part) is { } check) await PartAsync(context, check);
        else return false;
        return true;
    }

    /// <remarks>A server that lives but cannot write is not to be restarted for it: livez says only that requests are answered.</remarks>
    private ImmutableArray<HealthCheck> Checks(string kind) => kind switch
    {
        "livez" => [new("ping", Well), new("log", Well), new("etcd", Well), .. Started],
        "healthz" => [new("ping", Well), new("log", Well), new("etcd", () => store.WriteFailure), .. Started, .. checks],
        _ => [new("ping", Well), new("log", Well), new("store", () => store.WriteFailure), new("informer-sync", Well), .. Started, .. checks, new("shutdown", () => stopping.IsCancellationRequested ? "process is shutting down" : null)],
    };

    private static string? Well() => null;

    private static Task PartAsync(HttpContext context, HealthCheck check) => check.Check() is { } failure
        ? ResponseWriter.WriteTextAsync(context, 500, $"internal server error: {failure}\n")
        : ResponseWriter.WriteTextAsync(context, 200, "ok");

    private static Task RootAsync(HttpContext context, string kind, ImmutableArray<HealthCheck> asked)
    {
        var excluded = context.Request.Query["exclude"].OfType<string>().ToHashSet(StringComparer.Ordinal);
        var unknown = new SortedSet<string>(excluded, StringComparer.Ordinal);
        var text = new StringBuilder();
        var healthy = true;
        foreach (var check in asked)
        {
            unknown.Remove(check.Name);
            if (excluded.Contains(check.Name))
            {
                text.Append(CultureInfo.InvariantCulture, $"[+]{check.Name} excluded: ok\n");
                continue;
            }

            // Upstream withholds the reason; it names no secret here, and an administrator looks for it.
            var failure = check.Check();
            healthy &= failure is null;
            text.Append(failure is null ? $"[+]{check.Name} ok\n" : $"[-]{check.Name} failed: {failure}\n");
        }

        if (unknown.Count > 0) text.Append(CultureInfo.InvariantCulture, $"warn: some health checks cannot be excluded: no matches for {string.Join(',', unknown.Select(name => $"\"{name}\""))}\n");
        text.Append(CultureInfo.InvariantCulture, $"{kind} check {(healthy ? "passed" : "failed")}\n");
        return ResponseWriter.WriteTextAsync(context, healthy ? 200 : 500, healthy && !context.Request.Query.ContainsKey("verbose") ? "ok" : text.ToString());
    }
}

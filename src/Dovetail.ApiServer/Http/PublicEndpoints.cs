using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Dovetail.Store;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>One part of the server's health: null when it is well, otherwise what is wrong.</summary>
public sealed record HealthCheck(string Name, Func<string?> Check);

/// <summary>Health, version and metrics.</summary>
internal sealed class PublicEndpoints(IRevisionStore store, RequestGate gate, ImmutableArray<HealthCheck> checks)
{
    private static readonly byte[] Version = Encoding.UTF8.GetBytes(
        $$"""{"major":"1","minor":"36","gitVersion":"{{ServerVersion.Git}}","gitCommit":"","gitTreeState":"clean","buildDate":"1970-01-01T00:00:00Z","goVersion":"none","compiler":"dotnet","platform":"linux/{{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}}"}""");

    public async Task<bool> TryHandleAsync(HttpContext context, string path)
    {
        switch (path)
        {
            case "/version" or "/version/":
                await ResponseWriter.WriteJsonAsync(context, 200, Version);
                return true;
            case "/metrics":
                await TextAsync(context, 200, Metrics());
                return true;
            default:
                var end = path.IndexOf('/', 1);
                var kind = end < 0 ? path : path[..end];
                if (kind is not ("/healthz" or "/livez" or "/readyz")) return false;
                return await HealthAsync(context, kind[1..], end < 0 ? "" : path[(end + 1)..]);
        }
    }

    private async Task<bool> HealthAsync(HttpContext context, string kind, string part)
    {
        // A server that lives but cannot write is not to be restarted for it: livez says only that requests are answered.
        ImmutableArray<HealthCheck> asked = kind == "livez" ? [new("ping", () => null)] : [new("ping", () => null), new("store", () => store.WriteFailure), .. checks];
        if (part.Length > 0)
        {
            asked = [.. asked.Where(c => c.Name == part)];
            if (asked.IsEmpty) return false;
        }

        var excluded = context.Request.Query["exclude"];
        var text = new StringBuilder();
        var healthy = true;
        foreach (var check in asked)
        {
            var failure = excluded.Contains(check.Name) ? null : check.Check();
            healthy &= failure is null;
            text.Append(failure is null ? $"[+]{check.Name} ok\n" : $"[-]{check.Name} failed: {failure}\n");
        }

        var verbose = context.Request.Query.ContainsKey("verbose");
        text.Append(CultureInfo.InvariantCulture, $"{kind} check {(healthy ? "passed" : "failed")}\n");
        await TextAsync(context, healthy ? 200 : 500, healthy && !verbose ? "ok" : text.ToString());
        return true;
    }

    private string Metrics()
    {
        var (reads, writes) = gate.InFlight;
        return string.Create(CultureInfo.InvariantCulture, $"""
            # TYPE apiserver_current_inflight_requests gauge
            apiserver_current_inflight_requests{"{"}request_kind="readOnly"{"}"} {reads}
            apiserver_current_inflight_requests{"{"}request_kind="mutating"{"}"} {writes}
            # TYPE dovetail_store_revision counter
            dovetail_store_revision {store.Current.Revision}
            # TYPE dovetail_store_compacted_revision counter
            dovetail_store_compacted_revision {store.CompactedRevision}
            # TYPE process_resident_memory_bytes gauge
            process_resident_memory_bytes {Environment.WorkingSet}
            # TYPE dotnet_gc_heap_bytes gauge
            dotnet_gc_heap_bytes {GC.GetTotalMemory(forceFullCollection: false)}

            """);
    }

    private static async Task TextAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.WriteAsync(text, context.RequestAborted);
    }
}

/// <summary>What <c>/version</c> says: the Kubernetes that is spoken, and that it is ours.</summary>
public static class ServerVersion
{
    public const string Git = "v1.36.0+dovetail";
}

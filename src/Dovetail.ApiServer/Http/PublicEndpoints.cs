using System.Runtime.InteropServices;
using System.Text;
using Dovetail.ApiServer.Registry;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>Health, version and metrics.</summary>
internal sealed class PublicEndpoints(HealthEndpoint health, MetricsPage metrics, IssuerDiscovery issuer)
{
    private static readonly byte[] Version = Encoding.UTF8.GetBytes(
        $$"""{"major":"1","minor":"36","emulationMajor":"1","emulationMinor":"36","minCompatibilityMajor":"1","minCompatibilityMinor":"35","gitVersion":"{{ServerVersion.Git}}","gitCommit":"","gitTreeState":"clean","buildDate":"1970-01-01T00:00:00Z","goVersion":"none","compiler":"dotnet","platform":"linux/{{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}}"}""");

    public async Task<bool> TryHandleAsync(HttpContext context, string path)
    {
        switch (path)
        {
            case "/version" or "/version/":
                if (!HttpMethods.IsGet(context.Request.Method)) throw Refusals.MethodNotAllowed();
                await ResponseWriter.WriteJsonAsync(context, 200, Version);
                return true;
            case "/metrics":
                await ResponseWriter.SendAsync(context, 200, "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", metrics.Render(), lineFeed: false);
                return true;
            case IssuerDiscovery.Keys or IssuerDiscovery.Configuration:
                if (!HttpMethods.IsGet(context.Request.Method)) throw Refusals.MethodNotAllowed();
                await issuer.WriteAsync(context, path);
                return true;
            default:
                return await health.TryHandleAsync(context, path);
        }
    }
}

/// <summary>What <c>/version</c> says: the Kubernetes that is spoken, and that it is ours.</summary>
public static class ServerVersion
{
    public const string Git = "v1.36.0+dovetail";
}

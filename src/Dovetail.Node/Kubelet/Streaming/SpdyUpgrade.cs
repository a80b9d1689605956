using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>The change of an HTTP/1.1 connection to SPDY/3.1, with the protocol inside agreed on by <c>X-Stream-Protocol-Version</c>.</summary>
internal static class SpdyUpgrade
{
    public const string Protocol = "SPDY/3.1";
    private const string VersionHeader = "X-Stream-Protocol-Version";

    /// <summary>Null: none of the client's protocols is spoken here, and the answer says so.</summary>
    public static async Task<Stream?> AcceptAsync(HttpContext context, string protocol, CancellationToken ct)
    {
        var offered = context.Request.Headers[VersionHeader].SelectMany(v => (v ?? "").Split(',')).Select(v => v.Trim()).Where(v => v.Length > 0).ToArray();
        // Port forwarding's first clients named none.
        if (offered.Length > 0 && !offered.Contains(protocol))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            context.Response.Headers.Append("X-Accepted-Stream-Protocol-Versions", protocol);
            await context.Response.WriteAsync($"unable to upgrade: unable to negotiate protocol: client supports [{string.Join(' ', offered)}], server accepts [{protocol}]", ct);
            return null;
        }

        context.Response.Headers.Append("Upgrade", Protocol);
        context.Response.Headers.Append(VersionHeader, protocol);
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}

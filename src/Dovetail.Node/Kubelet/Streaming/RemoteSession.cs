using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>A client of exec or attach, over WebSocket or SPDY.</summary>
internal abstract class RemoteSession : IAsyncDisposable
{
    public abstract ContainerIo Io { get; }

    /// <summary>Cancelled when the client has gone.</summary>
    public abstract CancellationToken Gone { get; }

    /// <summary>Tells how it ended and says goodbye.</summary>
    public abstract Task EndAsync(byte[] status);

    public abstract ValueTask DisposeAsync();

    /// <summary>Upgrades the request. Null: it was refused, and the answer says why.</summary>
    public static async Task<RemoteSession?> OpenAsync(HttpContext context, StreamWishes wishes, TimeProvider time, CancellationToken ct)
    {
        if (context.WebSockets.IsWebSocketRequest) return await WebSocketSession.OpenAsync(context, wishes, time, ct);
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && context.Request.Headers.Upgrade == SpdyUpgrade.Protocol) return await SpdySession.OpenAsync(context, wishes, time, ct);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        await context.Response.WriteAsync("unable to upgrade: missing upgrade headers in request: \"Upgrade\" must be one of websocket, SPDY/3.1", ct);
        return null;
    }
}

using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>A WebSocket whose binary messages are one stream of bytes (KEP-4006). Its protocol's name has a slash, which .NET's own handshake does not let through.</summary>
internal static class WebSocketTunnel
{
    // RFC 6455, 1.3.
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    public static async Task<Stream> AcceptAsync(HttpContext context, string protocol)
    {
        var headers = context.Response.Headers;
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = Accept(context.Request.Headers.SecWebSocketKey.ToString());
        headers.SecWebSocketProtocol = protocol;
        var connection = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
        return WebSocketStream.Create(WebSocket.CreateFromStream(connection, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = KeepAlive }), WebSocketMessageType.Binary, ownsWebSocket: true);
    }

    private static string Accept(string key)
    {
#pragma warning disable CA5350 // the protocol's own; it proves that the server read the request, and protects nothing
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
#pragma warning restore CA5350
    }
}

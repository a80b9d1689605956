using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Security;

/// <summary>A browser cannot set headers of a WebSocket: it offers its bearer token as a subprotocol, <c>base64url.bearer.authorization.k8s.io.TOKEN</c>, beside the one that it speaks (apiserver, <c>authentication/request/websocket</c>).</summary>
internal static class WebSocketToken
{
    private const string Prefix = "base64url.bearer.authorization.k8s.io.";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The token; null when none is shown, "" when what is shown cannot count.</summary>
    public static string? Find(IHeaderDictionary headers)
    {
        if (headers.SecWebSocketProtocol is not { Count: > 0 } offered) return null;
        string[] all = [.. Split(offered)];
        return all.Where(IsToken).ToArray() switch
        {
            [] => null,
            [var one] when all.Length > 1 => Decode(one[Prefix.Length..]),
            _ => "",
        };
    }

    /// <summary>Nobody behind the API server sees it, and it is not echoed to the client.</summary>
    public static void Remove(IHeaderDictionary headers) => headers.SecWebSocketProtocol = string.Join(',', Split(headers.SecWebSocketProtocol).Where(one => !IsToken(one)));

    private static IEnumerable<string> Split(IEnumerable<string?> offered) => offered.SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries));

    private static bool IsToken(string protocol) => protocol.StartsWith(Prefix, StringComparison.Ordinal);

    private static string Decode(string encoded)
    {
        try
        {
            return encoded.Contains('=', StringComparison.Ordinal) ? "" : Strict.GetString(Base64Url.DecodeFromChars(encoded));
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            return "";
        }
    }
}

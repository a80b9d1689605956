using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.ApiServer.Nodes;

/// <summary>Carries a request to a kubelet, a pod or a service and its answer back, as it comes. An upgrade (SPDY/3.1, WebSocket) becomes a tunnel of bytes that nobody here looks into.</summary>
internal sealed class ConnectRelay(KubeletConnection connection)
{
    /// <summary>Said of one connection only (RFC 9110, 7.6.1), or ours to say.</summary>
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host",
    };

    /// <exception cref="StatusException">503 or 500: nobody answers there.</exception>
    public async Task ForwardAsync(HttpContext context, ConnectTarget target, bool withBody, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target.Address) { Version = System.Net.HttpVersion.Version11 };
        if (withBody && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true) request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (IsForwarded(name) && !request.Headers.TryAddWithoutValidation(name, values.AsEnumerable())) request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        if (!target.ToKubelet)
        {
            request.Headers.TryAddWithoutValidation("X-Forwarded-Uri", context.Request.Path.Value);
            request.Headers.TryAddWithoutValidation("X-Forwarded-Host", context.Request.Host.Value);
            request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", context.Request.Scheme);
        }

        HttpResponseMessage answer;
        try
        {
            answer = await connection.Client(target).SendAsync(request, ct);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(context, target, e);
        }

        using (answer) await AnswerAsync(context, answer, ct);
    }

    /// <summary>A container's log: text, sent as it is written.</summary>
    /// <exception cref="StatusException">The kubelet's own refusal, or 500: nobody answers there.</exception>
    public async Task LogAsync(HttpContext context, ConnectTarget target, string pod, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target.Address);
        HttpResponseMessage answer;
        try
        {
            answer = await connection.Client(target).SendAsync(request, ct);
        }
        catch (HttpRequestException e)
        {
            throw new StatusException(new ApiStatus { Code = 500, Reason = "", Message = $"Get \"{target.Address}\": {Cause(e)}" });
        }

        using (answer)
        {
            if (!answer.IsSuccessStatusCode) throw await KubeletRefusal.OfAsync(answer, pod, ct);
            context.Response.ContentType = "text/plain";
            await CopyAsync(await answer.Content.ReadAsStreamAsync(ct), context.Response.Body, ct);
        }
    }

    /// <summary>Tunnels an upgraded connection. Where the other side does not agree, its answer is the answer.</summary>
    /// <exception cref="StatusException">500: nobody answers there. 400: the client cannot be upgraded.</exception>
    public async Task TunnelAsync(HttpContext context, ConnectTarget target, CancellationToken ct)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade) throw Refusals.BadRequest("Upgrade request required");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream remote;
        try
        {
            await socket.ConnectAsync(target.Address.DnsSafeHost, target.Address.Port, ct);
            remote = await SecureAsync(new NetworkStream(socket, ownsSocket: false), target, ct);
        }
        catch (Exception e) when (e is SocketException or System.Security.Authentication.AuthenticationException or IOException)
        {
            throw new StatusException(new ApiStatus { Code = 500, Reason = "InternalError", Message = $"error dialing backend: {Cause(e)}" });
        }

        await using (remote)
        {
            await remote.WriteAsync(Head(context.Request, target), ct);
            var head = await TunnelHead.ReadAsync(remote, ct);
            foreach (var (name, value) in head.Headers)
            {
                if (head.Code != StatusCodes.Status101SwitchingProtocols && NotForwarded.Contains(name)) continue;
                context.Response.Headers.Append(name, value);
            }

            context.Response.StatusCode = head.Code;
            if (head.Code != StatusCodes.Status101SwitchingProtocols)
            {
                await context.Response.Body.WriteAsync(head.Rest, ct);
                return;
            }

            await using var client = await upgrade.UpgradeAsync();
            await client.WriteAsync(head.Rest, ct);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var down = CopyAsync(remote, client, either.Token);
            var up = CopyAsync(client, remote, either.Token);
            // Whichever side ends first ends the other: the protocols inside say goodbye before they close.
            await Task.WhenAny(down, up);
            either.Cancel();
            await EndedAsync(down);
            await EndedAsync(up);
        }
    }

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage answer, CancellationToken ct)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!NotForwarded.Contains(name)) context.Response.Headers[name] = values.ToArray();
        }

        if (!HttpMethods.IsHead(context.Request.Method)) await CopyAsync(await answer.Content.ReadAsStreamAsync(ct), context.Response.Body, ct);
    }

    private async Task<Stream> SecureAsync(NetworkStream plain, ConnectTarget target, CancellationToken ct)
    {
        if (target.Address.Scheme != Uri.UriSchemeHttps) return plain;
        var secure = new SslStream(plain);
        var options = connection.Tls(target.ToKubelet, verified: target.ToKubelet);
        options.TargetHost = target.Address.DnsSafeHost;
        await secure.AuthenticateAsClientAsync(options, ct);
        return secure;
    }

    private static byte[] Head(HttpRequest request, ConnectTarget target)
    {
        var text = new StringBuilder($"{request.Method} {target.Address.PathAndQuery} HTTP/1.1\r\nHost: {target.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: {request.Headers.Upgrade}\r\n");
        foreach (var (name, values) in request.Headers)
        {
            if (!IsForwarded(name)) continue;
            foreach (var value in values) text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    private static bool IsForwarded(string name) => name[0] != ':' && !NotForwarded.Contains(name) && !IsIdentity(name);

    /// <summary>Who the client is concerns the API server alone, and a kubelet or a pod must not take it from a header that the client wrote.</summary>
    private static bool IsIdentity(string name) =>
        name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("X-Remote-", StringComparison.OrdinalIgnoreCase);

    private static StatusException Unreachable(HttpContext context, ConnectTarget target, HttpRequestException e) => Refusals.ServiceUnavailable(
        target.ToKubelet ? $"error trying to reach service: {Cause(e)}" : $"error trying to reach service: dial tcp {target.Address.Authority}: {Cause(e)} ({context.Request.Method})");

    private static string Cause(Exception e) => e.InnerException is { } inner ? Cause(inner) : e.Message;

    /// <summary>Copies and flushes, so that what is written shows.</summary>
    private static async Task CopyAsync(Stream from, Stream to, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, ct) is var count and > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), ct);
            await to.FlushAsync(ct);
        }
    }

    private static async Task EndedAsync(Task copy)
    {
        try
        {
            await copy;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // One side has gone: that is how tunnels end.
        }
    }
}

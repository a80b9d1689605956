using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>Watches of browsers: a WebSocket instead of a body, one message an event.</summary>
public sealed class WebSocketWatchTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Theory]
    [InlineData("/api/v1/namespaces/demo/configmaps?watch=true", "seen")]
    [InlineData("/api/v1/watch/namespaces/demo/configmaps", "seen-too")]
    public async Task Each_event_is_a_text_message(string path, string name)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var socket = await OpenAsync(path, limit.Token);
        await server.PostAsync("/api/v1/namespaces/demo/configmaps", $$$"""{"metadata":{"name":"{{{name}}}"}}""");
        while (true)
        {
            var (type, text) = await ReceiveAsync(socket, limit.Token);
            type.ShouldBe(WebSocketMessageType.Text);
            using var change = JsonDocument.Parse(text);
            if (change.RootElement.GetProperty("object").GetProperty("metadata").GetProperty("name").GetString() != name) continue;
            change.RootElement.GetProperty("type").GetString().ShouldBe("ADDED");
            return;
        }
    }

    [Fact]
    public async Task A_watch_that_has_its_time_closes_the_socket_in_order()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var socket = await OpenAsync("/api/v1/namespaces/demo/secrets?watch=true&timeoutSeconds=1", limit.Token);
        (await ReceiveAsync(socket, limit.Token)).Type.ShouldBe(WebSocketMessageType.Close);
        socket.CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure);
    }

    private async Task<ClientWebSocket> OpenAsync(string path, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        var handshake = server.AdminHandshake();
        socket.Options.ClientCertificates = handshake.ClientCertificates!;
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == server.Host.Authority.Certificate.Subject;
        await socket.ConnectAsync(new UriBuilder(new Uri(server.Host.Address, path)) { Scheme = "wss" }.Uri, ct);
        return socket;
    }

    private static async Task<(WebSocketMessageType Type, string Text)> ReceiveAsync(ClientWebSocket socket, CancellationToken ct)
    {
        var (text, buffer) = (new StringBuilder(), new byte[4096]);
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, ct);
            text.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
            if (part.EndOfMessage) return (part.MessageType, text.ToString());
        }
    }
}

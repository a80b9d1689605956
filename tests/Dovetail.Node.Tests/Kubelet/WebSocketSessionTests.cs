using System.Net.WebSockets;
using Dovetail.Node.Kubelet.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Node.Tests.Kubelet;

/// <summary>Clients of exec and attach over WebSocket that do what kubectl does not.</summary>
public sealed class WebSocketSessionTests
{
    private const string Version = "v5.channel.k8s.io";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Input_behind_its_end_is_passed_over_and_the_session_goes_on()
    {
        var (client, session) = await OpenAsync();
        using var ours = client;
        await SendAsync(client, [0, .. "in"u8]);
        await SendAsync(client, [255, 0]);
        await SendAsync(client, [0, .. "late"u8]);
        await SendAsync(client, [4, .. """{"Width":80,"Height":24}"""u8]);

        (await session.Io.Sizes.ReadAsync(Ct)).Width.ShouldBe((ushort)80);
        session.Gone.IsCancellationRequested.ShouldBeFalse();
        using var input = new StreamReader(session.Io.Input!);
        (await input.ReadToEndAsync(Ct)).ShouldBe("in");
        await session.DisposeAsync();
    }

    [Fact]
    public async Task Input_that_nobody_reads_does_not_hold_up_the_goodbye()
    {
        var (client, session) = await OpenAsync();
        using var ours = client;
        var much = new byte[0x8000];
        for (var i = 0; i < 36; i++) await SendAsync(client, much); // more than is held for a reader
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Ct);
        await session.EndAsync([.. "{}"u8]);

        session.Gone.IsCancellationRequested.ShouldBeTrue("the client's goodbye was read");
        await session.DisposeAsync();
    }

    private static async Task<(WebSocket Client, RemoteSession Session)> OpenAsync()
    {
        var (client, server) = Duplex.Pair();
        var context = new DefaultHttpContext();
        context.Request.Headers.SecWebSocketProtocol = Version;
        context.Features.Set<IHttpWebSocketFeature>(new Upgrade(server));
        var session = await WebSocketSession.OpenAsync(context, new StreamWishes(Input: true, Output: true, Error: false, Terminal: false), TimeProvider.System, Ct);
        return (WebSocket.CreateFromStream(client, new WebSocketCreationOptions { SubProtocol = Version }), session.ShouldNotBeNull());
    }

    private static Task SendAsync(WebSocket client, byte[] message) => client.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, Ct);

    private sealed class Upgrade(Stream connection) : IHttpWebSocketFeature
    {
        public bool IsWebSocketRequest => true;

        public Task<WebSocket> AcceptAsync(WebSocketAcceptContext context) =>
            Task.FromResult(WebSocket.CreateFromStream(connection, new WebSocketCreationOptions { IsServer = true, SubProtocol = context.SubProtocol }));
    }
}

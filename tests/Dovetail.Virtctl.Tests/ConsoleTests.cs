using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Virtctl.Tests;

public sealed class ConsoleTests : IAsyncLifetime
{
    private const string Path = "GET /apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/myvm/console";
    private const string Connected = "Successfully connected to myvm console. Press Ctrl+] or Ctrl+5 to exit console.\n";
    private readonly FakeTerminal terminal = new();
    private FakeApiServer server = null!;

    public async ValueTask InitializeAsync() => server = await FakeApiServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Bytes_go_both_ways_until_the_escape_byte()
    {
        server.Console = async socket =>
        {
            await socket.SendAsync("login: "u8.ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);
            await socket.SendAsync("ignored"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
            var buffer = new byte[100];
            var read = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            await socket.SendAsync(buffer.AsMemory(0, read.Count), WebSocketMessageType.Binary, true, CancellationToken.None);
            while (!Encoding.UTF8.GetString(terminal.Written).EndsWith("root\r", StringComparison.Ordinal)) await Task.Yield();
            terminal.Type(0x1D);
            await WaitForEndAsync(socket);
        };
        terminal.Type("root\r"u8.ToArray());
        var run = await VirtctlRun.Async(server, "console myvm", terminal);
        run.ShouldBe(new VirtctlRun(0, "", Connected));
        Encoding.UTF8.GetString(terminal.Written).ShouldBe("login: root\r");
        server.ConsoleSubprotocol.ShouldBe("plain.kubevirt.io");
        (terminal.WasRaw, terminal.RawDepth).ShouldBe((true, 0));
    }

    [Fact]
    public async Task What_stands_before_the_escape_byte_is_still_sent()
    {
        var received = new TaskCompletionSource<string>();
        server.Console = async socket =>
        {
            var buffer = new byte[100];
            var read = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            received.SetResult(Encoding.UTF8.GetString(buffer, 0, read.Count));
            await WaitForEndAsync(socket);
        };
        terminal.Type((byte)'a', (byte)'b', 0x1D, (byte)'c');
        (await VirtctlRun.Async(server, "console myvm", terminal)).Code.ShouldBe(0);
        (await received.Task).ShouldBe("ab");
    }

    [Fact]
    public async Task The_end_of_the_input_leaves_the_console()
    {
        server.Console = WaitForEndAsync;
        terminal.EndInput();
        (await VirtctlRun.Async(server, "console myvm", terminal)).ShouldBe(new VirtctlRun(0, "", Connected));
    }

    [Fact]
    public async Task A_close_in_good_order_ends_well()
    {
        server.Console = socket => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        (await VirtctlRun.Async(server, "console myvm", terminal)).ShouldBe(new VirtctlRun(0, "", Connected));
    }

    [Fact]
    public async Task A_broken_connection_explains_itself_and_fails()
    {
        server.Console = async socket =>
        {
            await socket.SendAsync("x"u8.ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);
            while (terminal.Written.Length == 0) await Task.Yield();
            socket.Abort();
        };
        var run = await VirtctlRun.Async(server, "console myvm", terminal);
        run.Code.ShouldBe(1);
        run.Error.ShouldBe(Connected
            + "\nYou were disconnected from the console. This could be caused by one of the following:\n - the target VM was powered off\n - another user connected to the console of the target VM\n - network issues\n"
            + "websocket: close 1006 (abnormal closure): unexpected EOF\n");
        terminal.RawDepth.ShouldBe(0);
    }

    [Theory]
    [InlineData(404, """{"kind":"Status","status":"Failure","message":"virtualmachineinstance.kubevirt.io \"myvm\" not found","code":404}""", "virtualmachineinstance.kubevirt.io \"myvm\" not found\n")]
    [InlineData(401, "no way", "Can't connect to websocket (401): websocket: bad handshake: application info: no way\n")]
    [InlineData(500, "{}", "Can't connect to websocket (500): websocket: bad handshake\n")]
    public async Task A_refusal_is_final_unless_it_is_400(int code, string body, string error)
    {
        server.Answers[Path] = (code, body);
        (await VirtctlRun.Async(server, "console myvm", terminal)).ShouldBe(new VirtctlRun(1, "", error));
        terminal.WasRaw.ShouldBeFalse();
    }

    [Fact]
    public async Task A_vmi_that_does_not_run_yet_is_waited_for()
    {
        var time = new FakeTimeProvider();
        server.Answers[Path] = (400, """{"kind":"Status","message":"VMI is not running"}""");
        server.Console = socket => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        var run = VirtctlRun.Async(server, "console myvm --timeout=1000000", terminal, time);
        while (server.Requests.Count < 3)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        server.Answers.TryRemove(Path, out _);
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await run).Code.ShouldBe(0);
    }

    [Fact]
    public async Task Waiting_ends_with_the_timeout()
    {
        var time = new FakeTimeProvider();
        server.Answers[Path] = (400, """{"kind":"Status","message":"VMI is not running"}""");
        var run = VirtctlRun.Async(server, "console myvm --timeout=1", terminal, time);
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        (await run).ShouldBe(new VirtctlRun(1, "", "Timeout trying to connect to the virtual machine instance\n"));
    }

    [Fact]
    public async Task An_interrupt_while_waiting_is_no_failure()
    {
        using var stop = new CancellationTokenSource();
        server.Answers[Path] = (400, "");
        var run = VirtctlRun.Async(server, "console myvm", terminal, new FakeTimeProvider(), ct: stop.Token);
        while (server.Requests.Count == 0) await Task.Yield();
        await stop.CancelAsync();
        (await run).ShouldBe(new VirtctlRun(0, "\n", ""));
    }

    private static async Task WaitForEndAsync(WebSocket socket)
    {
        try
        {
            await socket.ReceiveAsync(new byte[10].AsMemory(), CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // the client has left
        }
    }
}

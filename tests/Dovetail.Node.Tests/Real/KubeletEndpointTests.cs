using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Dovetail.Machinery.Endpoints;
using Dovetail.Node.Host;
using Dovetail.Node.Kubelet;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Node.Tests.Real;

/// <summary>The kubelet endpoint of a node with a real sandbox.</summary>
public sealed class KubeletEndpointTests
{
    private static readonly CancellationToken Limit = new CancellationTokenSource(TimeSpan.FromSeconds(180)).Token;

    [Fact]
    public async Task Logs_commands_and_ports_of_a_launcher_pod_are_served_to_who_may_have_them()
    {
        using var server = Certificate("node");
        using var client = Certificate("api-server");
        await using var rig = await NodeRig.StartAsync(kubelet: new KubeletOptions
        {
            Port = 0,
            Listen = IPAddress.Loopback,
            Certificate = () => server,
            Authenticate = shown => shown.Thumbprint == client.Thumbprint ? new UserInfo("kube-apiserver", [UserInfo.MastersGroup]) : null,
        });
        var node = await rig.Kube.WaitAsync(BuiltInTypes.Nodes, "", "test-node", n => n?.Status?.DaemonEndpoints?.KubeletEndpoint?.Port > 0, TimeSpan.FromSeconds(60));
        var port = node!.Status.DaemonEndpoints.KubeletEndpoint.Port;
        await rig.CreatePodAsync("one");
        var pod = await rig.WaitReadyAsync("one");
        using var http = Client(port, client);

        using (var stranger = Client(port, null)) (await stranger.GetAsync("/pods", Limit)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await http.GetStringAsync("/healthz", Limit)).ShouldBe("ok");
        JsonDocument.Parse(await http.GetStringAsync("/pods", Limit)).RootElement.GetProperty("items")[0].GetProperty("metadata").GetProperty("name").GetString().ShouldBe("one");
        (await http.GetStringAsync("/containerLogs/demo/one/compute", Limit)).ShouldBe("the stand-in listens\n");
        (await http.GetStringAsync("/containerLogs/demo/one/volumeboot", Limit)).ShouldBe("");
        var previous = await http.GetAsync("/containerLogs/demo/one/compute?previous=true", Limit);
        previous.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await previous.Content.ReadAsStringAsync(Limit)).ShouldBe("previous terminated container \"compute\" in pod \"one\" not found");

        var (output, status) = await ExecAsync(port, client, ["/bin/sh", "-c", "read line; echo \"$(id -u) got $line\"; grep -E 'NoNewPrivs|Seccomp:|CapBnd' /proc/self/status; exit 3"], "some input\n");
        output.ShouldStartWith($"{rig.Records.Find(pod.Metadata.Uid)!.Uid} got some input\n");
        output.ShouldContain("NoNewPrivs:\t1");
        output.ShouldContain("Seccomp:\t2");
        output.ShouldContain("CapBnd:\t0000000000000000");
        status.GetProperty("details").GetProperty("causes")[0].GetProperty("message").GetString().ShouldBe("3");
        (await ExecAsync(port, client, ["cmp", "/proc/1/cgroup", "/proc/self/cgroup"], "")).Status.GetProperty("status").GetString().ShouldBe("Success");
        (await ExecAsync(port, client, ["no-such-program"], "")).Status.GetProperty("message").GetString()
            .ShouldBe("Internal error occurred: error executing command in container: exec: \"no-such-program\": executable file not found in $PATH");
        (await ExecAsync(port, client, ["/bin/sh", "-c", "test -t 0 && until [ \"$(stty size)\" = \"33 99\" ]; do sleep 0.05; done; stty size"], "", tty: true)).Output.ShouldBe("33 99\r\n");

        await ForwardAsync(rig, pod, port, client);
    }

    [Fact]
    public async Task A_command_ends_when_its_client_goes()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.CreatePodAsync("one");
        var pod = await rig.WaitReadyAsync("one");
        using var watch = new DescriptorWatch("test");
        using var processes = new ProcessWatch();
        var running = await Dovetail.Node.Sandbox.SandboxCommand.StartAsync(rig.Paths.InitSocket(pod.Metadata.Uid), rig.Records.Find(pod.Metadata.Uid)!.Uid, ["/bin/sleep", "1000"], tty: false, watch, Limit);
        var sleep = new Dovetail.Node.Sandbox.Cgroups(rig.Options.InstanceId).Processes(pod.Metadata.Uid).Select(ProcessId.Of).OfType<ProcessId>().Single(p => File.ReadAllText($"/proc/{p.Pid}/comm") == "sleep\n");
        running.Dispose();
        await processes.WaitForExitAsync(sleep, Limit);
    }

    /// <summary>The pair of streams that kubectl opens, towards a listener inside the pod's own network.</summary>
    private static async Task ForwardAsync(NodeRig rig, V1Pod pod, int port, X509Certificate2 certificate)
    {
        using var listener = NamespacedSocket.Create($"/run/netns/{rig.Records.Find(pod.Metadata.Uid)!.Netns}", AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var inside = ((IPEndPoint)listener.LocalEndPoint!).Port;

        // By hand: .NET's own client does not take the protocol's name.
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port, Limit);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", ClientCertificates = [certificate], RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=node" }, Limit);
        await tls.WriteAsync("GET /portForward/demo/one HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n"u8.ToArray(), Limit);
        var answer = new StringBuilder();
        var one = new byte[1];
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await tls.ReadAsync(one, Limit) == 1) answer.Append((char)one[0]);
        answer.ToString().ShouldStartWith("HTTP/1.1 101 ");
        answer.ToString().ShouldContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        using var socket = WebSocket.CreateFromStream(tls, new WebSocketCreationOptions());
        await using var wire = WebSocketStream.Create(socket, WebSocketMessageType.Binary);
        await wire.WriteAsync(Open(1, "error", inside, first: true), Limit);
        await wire.WriteAsync(Open(3, "data", inside, first: false), Limit);
        await wire.WriteAsync((byte[])[0, 0, 0, 3, 0, 0, 0, 4, .. "ping"u8], Limit);
        using var accepted = await listener.AcceptAsync(Limit);
        var heard = new byte[4];
        (await accepted.ReceiveAsync(heard, Limit)).ShouldBe(4);
        Encoding.ASCII.GetString(heard).ShouldBe("ping");
        await accepted.SendAsync("pong!"u8.ToArray(), Limit);
        accepted.Shutdown(SocketShutdown.Both);

        var head = new byte[8];
        while (true)
        {
            await wire.ReadExactlyAsync(head, Limit);
            var body = new byte[head[5] << 16 | head[6] << 8 | head[7]];
            await wire.ReadExactlyAsync(body, Limit);
            if (head[0] != 0 || head[3] != 3) continue;
            Encoding.ASCII.GetString(body).ShouldBe("pong!");
            return;
        }
    }

    /// <summary>SYN_STREAM with headers that are stored, not compressed.</summary>
    private static byte[] Open(byte id, string type, int port, bool first)
    {
        (string Name, string Value)[] headers = [("streamtype", type), ("port", $"{port}"), ("requestid", "0")];
        static byte[] Text(string text) => [0, 0, 0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
        byte[] plain = [0, 0, 0, (byte)headers.Length, .. headers.SelectMany(h => (byte[])[.. Text(h.Name), .. Text(h.Value)])];
        byte[] block = [.. first ? (byte[])[0x78, 0x20, 0xE3, 0xC6, 0xA7, 0xC2] : [], 0, (byte)plain.Length, 0, (byte)~plain.Length, 0xFF, .. plain];
        byte[] body = [0, 0, 0, id, 0, 0, 0, 0, 0, 0, .. block];
        return [0x80, 3, 0, 1, 0, 0, 0, (byte)body.Length, .. body];
    }

    private static async Task<(string Output, JsonElement Status)> ExecAsync(int port, X509Certificate2 certificate, string[] command, string input, bool tty = false)
    {
        using var socket = Socket(certificate);
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        var query = string.Concat(command.Select(c => $"&command={Uri.EscapeDataString(c)}"));
        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{port}/exec/demo/one/compute?input=1&output=1{(tty ? "&tty=1" : "")}{query}"), Limit);
        if (tty) await socket.SendAsync((byte[])[4, .. """{"Width":99,"Height":33}"""u8], WebSocketMessageType.Binary, true, Limit);
        if (input.Length > 0) await socket.SendAsync((byte[])[0, .. Encoding.ASCII.GetBytes(input)], WebSocketMessageType.Binary, true, Limit);
        if (!tty) await socket.SendAsync((byte[])[255, 0], WebSocketMessageType.Binary, true, Limit);
        var (output, buffer) = (new StringBuilder(), new byte[32 * 1024]);
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, Limit);
            part.MessageType.ShouldNotBe(WebSocketMessageType.Close);
            if (buffer[0] == 1) output.Append(Encoding.UTF8.GetString(buffer, 1, part.Count - 1));
            if (buffer[0] == 3) return (output.ToString(), JsonDocument.Parse(buffer.AsMemory(1, part.Count - 1)).RootElement.Clone());
        }
    }

    private static ClientWebSocket Socket(X509Certificate2 certificate)
    {
        var socket = new ClientWebSocket();
        socket.Options.ClientCertificates.Add(certificate);
        socket.Options.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=node";
        return socket;
    }

    private static HttpClient Client(int port, X509Certificate2? certificate) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { ClientCertificates = certificate is null ? null : [certificate], RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=node" },
    })
    {
        BaseAddress = new Uri($"https://127.0.0.1:{port}"),
    };

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(90));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}

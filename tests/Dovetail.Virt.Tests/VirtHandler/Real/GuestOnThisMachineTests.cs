using System.Net;
using System.Net.WebSockets;
using System.Text;
using Dovetail.Api.KubeVirt;
using Dovetail.Launcher.Tests.Sandbox;
using Dovetail.Virt.VirtHandler;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Virt.Tests.VirtHandler.Real;

/// <summary>virt-handler, a launcher in its sandbox and a real guest (DOVETAIL_TINY) on a pod network of its own; only the API is a stand-in.</summary>
public sealed class GuestOnThisMachineTests : IAsyncLifetime
{
    private const string Uid = "5f0c8d5e-0000-4000-8000-0000000000aa";
    private readonly string pod = $"dtp{Environment.ProcessId}";
    private readonly string outside = $"dto{Environment.ProcessId}";
    private string disks = "";
    private HandMadeSandbox sandbox = null!;

    public ValueTask InitializeAsync()
    {
        HandMadeSandbox.SkipUnlessPossible();
        var tiny = Environment.GetEnvironmentVariable("DOVETAIL_TINY");
        if (tiny is null || !File.Exists(tiny)) Assert.Skip("needs DOVETAIL_TINY, the qcow2 of images/tiny");
        disks = Directory.CreateTempSubdirectory("dt-disks-").FullName;
        File.SetUnixFileMode(disks, File.GetUnixFileMode(disks) | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        File.Copy(tiny, Path.Combine(disks, "disk_0.img"));
        Ip("netns", "add", pod);
        Ip("netns", "add", outside);
        Ip("-n", pod, "link", "add", "eth0", "mtu", "1450", "type", "veth", "peer", "name", "veth0", "netns", outside);
        Ip("-n", pod, "link", "set", "lo", "up");
        Ip("-n", pod, "addr", "add", "10.244.0.7/24", "dev", "eth0");
        Ip("-n", pod, "link", "set", "eth0", "up");
        Ip("-n", pod, "route", "add", "default", "via", "10.244.0.1");
        Ip("-n", outside, "addr", "add", "10.244.0.1/24", "dev", "veth0");
        Ip("-n", outside, "link", "set", "veth0", "up");
        sandbox = HandMadeSandbox.Start(disks, pod);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_VMI_runs_is_reachable_shows_its_console_survives_a_new_handler_and_stops_in_order()
    {
        var api = new OneVmiApi(VmiJson());
        await using (var first = await Handler.StartAsync(api, sandbox.SocketPath))
        {
            var running = await api.UntilAsync(v => v.Status?.Conditions?.Any(c => c.Type == ConditionTypes.AgentConnected) == true && v.Status.Interfaces?[0].InterfaceName is not null);
            running.Status!.Phase.ShouldBe(VmiPhases.Running);
            running.Status.Machine!.Type.ShouldStartWith("pc-q35-");
            running.Status.Interfaces![0].ShouldSatisfyAllConditions(i => i.IpAddress.ShouldBe("10.244.0.7"), i => i.InfoSource.ShouldBe("domain, guest-agent"));
            running.Status.Conditions!.Select(c => c.Type).ShouldContain(ConditionTypes.SoftwareEmulation);

            // The guest has its address by DHCP, is reached at the pod's address, and reaches out from it.
            Ip("netns", "exec", pod, "ping", "-c1", "-W3", "10.0.2.2");
            Ip("netns", "exec", outside, "ping", "-c1", "-W3", "10.244.0.7");

            using var early = await first.ConsoleAsync();
            (await ReadUntilAsync(early, "login")).ShouldContain("login", customMessage: "a late joiner is shown what was said before");
            using var late = await first.ConsoleAsync();
            await late.SendAsync("\n"u8.ToArray(), WebSocketMessageType.Binary, true, default);
            await ReadUntilAsync(late, "login");
            (await ClosedAsync(early)).ShouldBeTrue("the second client takes the console over");
        }

        await using var second = await Handler.StartAsync(api, sandbox.SocketPath);
        (await second.PutAsync("pause")).ShouldBe(HttpStatusCode.Accepted);
        await api.UntilAsync(v => v.Status!.Conditions!.Any(c => c is { Type: ConditionTypes.Paused, Reason: "PausedByUser" }));
        (await second.PutAsync("unpause")).ShouldBe(HttpStatusCode.Accepted);
        await api.UntilAsync(v => !v.Status!.Conditions!.Any(c => c.Type == ConditionTypes.Paused));
        (await second.GetAsync("guestosinfo")).ShouldContain("\"guestAgentVersion\"");
        (await second.GetAsync("userlist")).ShouldContain("\"items\"");

        api.Change(vmi => vmi["metadata"]!["deletionTimestamp"] = "2026-11-23T14:00:00Z");
        var final = await api.UntilAsync(v => VmiPhases.IsFinal(v.Status?.Phase));

        final.Status!.Phase.ShouldBe(VmiPhases.Succeeded);
        await sandbox.Ended.WaitAsync(TimeSpan.FromSeconds(20));
        final.Status.PhaseTransitionTimestamps!.Select(t => t.Phase).ShouldBe([VmiPhases.Running, VmiPhases.Succeeded]);
        api.Events.Select(e => e.Reason).ShouldBe(["Created", "Started", "ShuttingDown", "Stopped"]);
    }

    public async ValueTask DisposeAsync()
    {
        if (sandbox is not null) await sandbox.DisposeAsync();
        if (disks.Length == 0) return;
        Directory.Delete(disks, recursive: true);
        Ip("netns", "del", pod);
        Ip("netns", "del", outside);
    }

    private static void Ip(params string[] arguments) => HandMadeSandbox.Run("ip", arguments);

    private static async Task<string> ReadUntilAsync(WebSocket web, string wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var text = new StringBuilder();
        var buffer = new byte[70_000];
        while (!text.ToString().Contains(wanted, StringComparison.Ordinal))
        {
            var received = await web.ReceiveAsync(buffer, patience.Token);
            if (received.MessageType == WebSocketMessageType.Close) throw new IOException($"closed after {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
        }

        return text.ToString();
    }

    private static async Task<bool> ClosedAsync(WebSocket web)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var buffer = new byte[70_000];
        while ((await web.ReceiveAsync(buffer, patience.Token)).MessageType != WebSocketMessageType.Close)
        {
        }

        return true;
    }

    private static string VmiJson() => $$$"""
        {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstance","metadata":{"name":"vm","namespace":"demo","uid":"{{{Uid}}}","labels":{"kubevirt.io/nodeName":"node"} },
         "spec":{"terminationGracePeriodSeconds":20,"domain":{"memory":{"guest":"192Mi"},"devices":{
           "disks":[{"name":"root","disk":{"bus":"virtio"} },{"name":"seed","disk":{"bus":"virtio"} }],"interfaces":[{"name":"default","masquerade":{} }]} },
          "networks":[{"name":"default","pod":{} }],
          "volumes":[{"name":"root","containerDisk":{"image":"tiny"} },{"name":"seed","cloudInitNoCloud":{"userData":"#cloud-config\nhostname: vm\n"} }]},
         "status":{"phase":"Scheduled","nodeName":"node","activePods":{"pod-1":"node"} } }
        """;

    /// <summary>A virt-handler with its endpoint on loopback.</summary>
    private sealed class Handler : IAsyncDisposable
    {
        private readonly CancellationTokenSource ending = new();
        private readonly HttpClient http = new();
        private readonly VirtHandlerHost host;
        private readonly WebApplication web;
        private readonly Task running;

        private Handler(VirtHandlerHost host, WebApplication web) => (this.host, this.web, running) = (host, web, host.RunAsync(ending.Token));

        private string Base => $"{web.Urls.First()}/v1/namespaces/demo/virtualmachineinstances/vm/";

        public static async Task<Handler> StartAsync(OneVmiApi api, string socket)
        {
            var options = new VirtHandlerOptions { NodeName = "node", UseKvm = false, LauncherSocket = _ => socket, GuestDns = [IPAddress.Parse("10.244.0.1")] };
            var host = new VirtHandlerHost(api, options, TimeProvider.System, new Random(1), NullLoggerFactory.Instance);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var web = builder.Build();
            web.UseWebSockets();
            host.Map(web);
            await web.StartAsync();
            return new(host, web);
        }

        public async Task<ClientWebSocket> ConsoleAsync()
        {
            var client = new ClientWebSocket();
            client.Options.AddSubProtocol("plain.kubevirt.io");
            await client.ConnectAsync(new Uri(Base.Replace("http:", "ws:", StringComparison.Ordinal) + "console"), default);
            client.SubProtocol.ShouldBe("plain.kubevirt.io");
            return client;
        }

        public async Task<HttpStatusCode> PutAsync(string what)
        {
            // A handler that has just started connects first.
            while (true)
            {
                var answer = await http.PutAsync(new Uri(Base + what), null);
                if (answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotFound)) return answer.StatusCode;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, default);
            }
        }

        public Task<string> GetAsync(string what) => http.GetStringAsync(new Uri(Base + what));

        public async ValueTask DisposeAsync()
        {
            await web.DisposeAsync();
            await ending.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await host.DisposeAsync();
            http.Dispose();
            ending.Dispose();
        }
    }
}

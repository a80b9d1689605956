using System.Diagnostics;
using System.Net;
using Dovetail.Launcher.Tests.Sandbox;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler.Launchers;
using Dovetail.Virt.VirtHandler.Network;

namespace Dovetail.Virt.Tests.VirtHandler.Real;

/// <summary>A virt-handler can be killed between any two of the commands that make a guest's network; its successor finishes what it finds. Needs root.</summary>
public sealed class HalfMadeNetworkTests : IAsyncLifetime
{
    private static readonly NamespacedName Vmi = new("demo", "vm");
    private readonly string pod = $"dth{Environment.ProcessId}";
    private Process? inside;

    public ValueTask InitializeAsync()
    {
        if (Environment.UserName != "root") Assert.Skip("needs root");
        foreach (var tool in (string[])["/usr/sbin/ip", "/usr/sbin/nft", "/usr/sbin/sysctl"])
        {
            if (!File.Exists(tool)) Assert.Skip($"needs {tool}");
        }

        Ip("netns", "add", pod);
        Ip("-n", pod, "link", "add", "eth0", "mtu", "1450", "type", "veth", "peer", "name", "outside");
        Ip("-n", pod, "addr", "add", "10.244.0.7/24", "dev", "eth0");
        Ip("-n", pod, "link", "set", "eth0", "up");
        inside = Process.Start("ip", ["netns", "exec", pod, "sleep", "600"]);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Wherever_the_making_of_a_network_was_cut_off_the_next_handler_finishes_it()
    {
        var wanted = new GuestNetwork(new() { InterfaceName = "default", Gateway = IPAddress.Parse("10.0.2.1"), Guest = IPAddress.Parse("10.0.2.2"), PrefixLength = 24 }, "02:00:00:00:00:01", "vm", "demo.svc.cluster.local");
        var launcher = new LauncherProcess(inside!.Id, 200_777, new(inside.Id, 1));
        var commands = wanted.Masquerade.IpBatch(hasBridge: false, hasTap: false, launcher.Uid, 1450).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var whole = "";
        for (var done = 0; done <= commands.Length; done++)
        {
            foreach (var command in commands[..done]) Ip(["-n", pod, .. command.Split(' ')]);
            using (var networks = new PodNetworks([])) (await networks.EnsureAsync(Vmi, launcher, wanted, default)).Mtu.ShouldBe(1450);
            using (var networks = new PodNetworks([])) await networks.EnsureAsync(Vmi, launcher, wanted, default);
            if (done == 0) whole = Describe();
            Describe().ShouldBe(whole, $"after {done} commands");
            Ip("-n", pod, "link", "del", MasqueradeNetwork.Tap);
            Ip("-n", pod, "link", "del", MasqueradeNetwork.Bridge);
        }

        commands.Length.ShouldBeGreaterThan(5);
        whole.ShouldStartWith("10.0.2.1/24 tap0");
        whole.ShouldContain("masquerade");
    }

    public ValueTask DisposeAsync()
    {
        if (inside is null) return ValueTask.CompletedTask;
        inside.Kill();
        inside.WaitForExit();
        inside.Dispose();
        Ip("netns", "del", pod);
        return ValueTask.CompletedTask;
    }

    /// <summary>The bridge's address, what is in the bridge, and the rules: what does not differ from one making to the next.</summary>
    private string Describe() =>
        Words("ip", "-n", pod, "-br", "-4", "address", "show", "dev", MasqueradeNetwork.Bridge)[2] + " " + Words("ip", "-n", pod, "-br", "link", "show", "master", MasqueradeNetwork.Bridge)[0]
        + "\n" + Output("ip", "netns", "exec", pod, "nft", "--stateless", "list", "ruleset") + Output("ip", "netns", "exec", pod, "sysctl", "net.ipv4.ip_forward");

    private static string[] Words(string program, params string[] arguments) => Output(program, arguments).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    private static void Ip(params string[] arguments) => HandMadeSandbox.Run("ip", arguments);
}

using System.Net;
using System.Net.Sockets;
using Dovetail.Node.Host;

namespace Dovetail.Node.Tests.Real;

public sealed class PodNetworkTests
{
    [Fact]
    public async Task A_pod_reaches_the_name_server_and_not_the_platforms_ports()
    {
        await using var rig = await NodeRig.StartAsync();
        await rig.CreatePodAsync("net");
        var pod = await rig.WaitReadyAsync("net");
        var netns = rig.Records.Find(pod.Metadata.Uid)!.Netns;
        var gateway = pod.Status.PodIP[..pod.Status.PodIP.LastIndexOf('.')] + ".1";

        using var platform = Listen(rig.Options.RegistryPort);
        using var other = Listen(0);
        (await ConnectAsync(netns, gateway, rig.Options.RegistryPort)).ShouldContain("refused");
        (await ConnectAsync(netns, gateway, ((IPEndPoint)other.LocalEndpoint).Port)).ShouldBe("");
        (await ConnectAsync(netns, gateway, 53)).ShouldBe("");
    }

    [Fact]
    public async Task A_subnet_that_the_host_reaches_already_is_refused_by_the_routes_name()
    {
        await using var rig = await NodeRig.StartAsync();
        var taken = (await rig.Kube.FindAsync(Runtime.Seam.BuiltInTypes.Nodes, "", "test-node", default))!.Spec.PodCIDR;
        var conflict = Should.Throw<Dovetail.Node.Network.SubnetConflictException>(() => Dovetail.Node.Network.PodSubnet.Choose(taken, "ffffff", "dtffffff", "/nonexistent"));
        conflict.Message.ShouldContain($"on dt{rig.Options.InstanceId}");
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Any, port);
        listener.Start();
        return listener;
    }

    /// <summary>What bash says when it connects from the pod's namespace; nothing when it could.</summary>
    private static async Task<string> ConnectAsync(string netns, string host, int port) =>
        (await Tool.TryRunAsync("ip", ["netns", "exec", netns, "timeout", "5", "bash", "-c", $"</dev/tcp/{host}/{port}"], default)).Error.Trim();
}

using System.Net;
using System.Net.Sockets;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Tests.Platform;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public void A_taken_port_is_refused_with_the_process_that_has_it(string address)
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        var refused = Should.Throw<UserErrorException>(() => ListenAddress.Require(new IPEndPoint(IPAddress.Parse(address), port), "the API server", "Stop it."));
        refused.Message.ShouldContain($"the API server cannot listen on {address}:{port}: process {Environment.ProcessId} (");
        refused.NextStep.ShouldBe("Stop it.");

        holder.Stop();
        ListenAddress.Require(new IPEndPoint(IPAddress.Loopback, port), "the API server", "");
    }

    [Fact]
    public void An_address_of_another_machine_is_refused_as_such() =>
        Should.Throw<UserErrorException>(() => ListenAddress.Require(IPEndPoint.Parse("198.51.100.7:7000"), "the API server", "")).Message.ShouldContain("no such address");
}

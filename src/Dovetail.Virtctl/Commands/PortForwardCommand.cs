using System.Net;
using Dovetail.Virtctl.Console;

namespace Dovetail.Virtctl.Commands;

internal static class PortForwardCommand
{
    public static Command Command { get; } = new()
    {
        Name = "port-forward",
        Use = "port-forward type/name[/namespace] [protocol/]localPort[:targetPort]...",
        Short = "Forward local ports to a virtualmachine or virtualmachineinstance.",
        Long = "Forwards local ports to a virtual machine or virtual machine instance, through the API server.\nThe type is vm or vmi, in the long and the plural forms too. The protocol is tcp (default) or udp.\nThe right that it takes is get on the subresource portforward.",
        Example = "  # Forward the local port 8080 to port 9090 of the VirtualMachineInstance 'myvmi':\n  virtctl port-forward vmi/myvmi 8080:9090\n  # Forward the local UDP port 5353 to port 53 of the VirtualMachine 'myvm' in 'mynamespace':\n  virtctl port-forward vm/myvm/mynamespace udp/5353:53",
        ArgumentCount = 2,
        TakesMoreArguments = true,
        Flags =
        [
            new Flag("address", "The address on which the local ports are opened.", Default: "127.0.0.1"),
            new Flag("stdio", "Forward to standard input and output instead of a local port; takes one port.", IsBoolean: true),
        ],
        RunAsync = RunAsync,
    };

    private static async Task RunAsync(CommandContext context, CancellationToken ct)
    {
        var target = ForwardTarget.Parse(context.Argument(0));
        var ports = context.Flags.Arguments.Skip(1).Select(PortMapping.Parse).ToList();
        var client = context.Connect();
        try
        {
            if (context.Flags.Boolean("stdio")) await ToStandardStreamsAsync(context, client, target, ports, ct);
            else await new PortForwarder(client, target, line => context.Host.Error.WriteLine(line)).RunAsync(await ResolveAsync(context.Flags.Text("address", "127.0.0.1"), ct), ports, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // An interrupt is how it is ended.
        }
    }

    private static async Task ToStandardStreamsAsync(CommandContext context, Client.KubeVirtClient client, ForwardTarget target, List<PortMapping> ports, CancellationToken ct)
    {
        if (ports.Count != 1) throw new VirtctlException("only one port supported when forwarding to stdout");
        using var socket = await client.OpenPortAsync(target, ports[0], ct);
        if (await ConsoleSession.RunAsync(socket, context.Host.Terminal, escape: null, ct) == ConsoleEnd.Disconnected) throw new VirtctlException("websocket: close 1006 (abnormal closure): unexpected EOF");
    }

    private static async Task<IPAddress> ResolveAsync(string address, CancellationToken ct)
    {
        try
        {
            return IPAddress.TryParse(address, out var parsed) ? parsed : (await Dns.GetHostAddressesAsync(address, ct))[0];
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new VirtctlException($"lookup {address}: {e.Message}", e);
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Dovetail.Api.KubeVirt;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>Connects a client's WebSocket with a port of a guest. As upstream does it, virt-api itself connects to the address in the VMI's status.</summary>
internal static class PortForward
{
    private const string Resource = "virtualmachineinstances";
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(60);

    /// <summary>Which state forbids it; codes as upstream's.</summary>
    public static (int Code, string Message)? Refuse(VirtualMachineInstance instance)
    {
        if (instance.Status?.Conditions?.Any(c => c.Type == ConditionTypes.Paused) == true) return (409, "VMI is paused");
        if (instance.Status?.Interfaces is not { Count: > 0 }) return (400, "no network interfaces are present");
        return AddressOf(instance) is null ? (400, "the first network interface has no address that leads to the guest") : null;
    }

    /// <summary>
    /// The address of the first interface in the spec. One that only the guest's agent tells of has no name, and is the guest's own claim. Whoever may change the VMI may write any
    /// address into its status, so what would lead back to this host is none.
    /// </summary>
    public static IPAddress? AddressOf(VirtualMachineInstance instance) =>
        instance.Status?.Interfaces?.FirstOrDefault(i => i.Name is { Length: > 0 }) is { } nic && IPAddress.TryParse(nic.IpAddress, out var address) && LeadsAway(address) ? address : null;

    /// <summary>Relays until one side ends. The guest first: its refusal is still an HTTP answer.</summary>
    public static async Task ServeAsync(HttpContext context, VirtualMachineInstance instance, ForwardedPort port)
    {
        var (ct, name) = (context.RequestAborted, instance.Metadata.Name);
        if (Refuse(instance) is { } no) throw Refusals.Of(no.Code, no.Message, Resource, name);
        if (!context.WebSockets.IsWebSocketRequest) throw Refusals.Of(400, "this is a stream: ask for a WebSocket", Resource, name);
        using var guest = await DialAsync(AddressOf(instance)!, port, name, ct);
        var offered = context.WebSockets.WebSocketRequestedProtocols.Contains(HandlerConnection.Protocol) ? HandlerConnection.Protocol : null;
        // The pings find a client that went without a word; without them its connection to the guest would stay.
        using var client = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = offered, KeepAliveInterval = PingInterval, KeepAliveTimeout = PingLimit });
        await SocketRelay.RunAsync(client, guest, port.IsDatagrams, ct);
    }

    private static async Task<Socket> DialAsync(IPAddress address, ForwardedPort port, string name, CancellationToken ct)
    {
        var socket = port.IsDatagrams
            ? new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(ConnectLimit);
        var target = new IPEndPoint(address, port.Number);
        try
        {
            await socket.ConnectAsync(target, limit.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            socket.Dispose();
            throw Refusals.Of(500, $"Internal error occurred: dialing VM: dial {port.Protocol} {target}: {Reason(e)}", Resource, name);
        }
    }

    private static string Reason(Exception e) => e is not SocketException failure ? "i/o timeout" : failure.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.TimedOut => "connect: connection timed out",
        _ => failure.Message,
    };

    private static bool LeadsAway(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out var length)) return false;
        var isLinkLocal = length == 4 ? bytes[0] == 169 && bytes[1] == 254 : address.IsIPv6LinkLocal;
        var isThisHostOrMany = length == 4 ? bytes[0] is 0 or 127 or >= 224 : address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
        return !IPAddress.IsLoopback(address) && !isLinkLocal && !isThisHostOrMany;
    }
}

using System.Net;
using System.Net.Sockets;

namespace Dovetail.Node.Tests.Kubelet;

/// <summary>Two ends of one connection in this process.</summary>
internal static class Duplex
{
    public static (Stream Client, Stream Server) Pair()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        return (client.GetStream(), listener.AcceptTcpClient().GetStream());
    }
}

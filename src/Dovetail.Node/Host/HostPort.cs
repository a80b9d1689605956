using System.Net;
using System.Net.Sockets;

namespace Dovetail.Node.Host;

/// <summary>A TCP port of the host's loopback.</summary>
internal static class HostPort
{
    /// <summary>Whether some program listens on the port already. A connection that is just ending does not count.</summary>
    public static bool IsTaken(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
    }

    public static string Taken(int port) => $"port {port} of 127.0.0.1 is taken by another program (ss -ltnp 'sport = :{port}' names it)";
}

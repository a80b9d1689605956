using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Virt.VirtHandler.Dhcp;

/// <summary>Answers DHCP on one bridge of another network namespace. The socket keeps that namespace alive until it is disposed.</summary>
internal sealed partial class DhcpServer : IDisposable
{
    private const int NewNet = 0x40000000;
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;

    private readonly Socket socket;
    private readonly CancellationTokenSource closing = new();

    private DhcpServer(Socket socket, DhcpLease lease)
    {
        this.socket = socket;
        _ = ServeAsync(lease);
    }

    /// <exception cref="IOException">The namespace or the bridge is not there (any more).</exception>
    public static DhcpServer Start(string netnsPath, string bridge, DhcpLease lease) => new(OpenIn(netnsPath, bridge), lease);

    public void Dispose()
    {
        closing.Cancel();
        socket.Dispose();
    }

    private async Task ServeAsync(DhcpLease lease)
    {
        var buffer = new byte[1500];
        var from = new IPEndPoint(IPAddress.Any, 0);
        while (!closing.IsCancellationRequested)
        {
            try
            {
                var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from, closing.Token);
                if (DhcpResponder.Answer(buffer.AsSpan(0, received.ReceivedBytes), lease) is { } answer)
                    await socket.SendToAsync(answer.Packet, SocketFlags.None, new IPEndPoint(answer.UnicastTo ?? IPAddress.Broadcast, 68), closing.Token);
            }
            catch (SocketException) when (!closing.IsCancellationRequested)
            {
                // The bridge may be down for a moment; the client asks again.
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    /// <summary>A namespace is a property of a thread: the socket is opened on one of its own that ends in that namespace and is never used for anything else.</summary>
    private static Socket OpenIn(string netnsPath, string bridge)
    {
        Socket? opened = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var netns = File.OpenHandle(netnsPath);
                if (SetNamespace(netns, NewNet) != 0) throw new IOException($"entering {netnsPath}: errno {Marshal.GetLastPInvokeError()}");
                opened = Open(bridge);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return opened ?? throw new IOException($"opening the DHCP socket on {bridge}: {failure!.Message}", failure);
    }

    private static Socket Open(string bridge)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(bridge + "\0"));
            socket.EnableBroadcast = true;
            socket.Bind(new IPEndPoint(IPAddress.Any, 67));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int kind);
}

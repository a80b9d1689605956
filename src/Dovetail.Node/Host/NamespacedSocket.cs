using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Node.Host;

/// <summary>TCP sockets of another network namespace.</summary>
internal static partial class NamespacedSocket
{
    private const int NewNet = 0x40000000;

    /// <summary>An unconnected socket that belongs to the namespace whatever thread uses it.</summary>
    /// <param name="netnsPath">For example <c>/run/netns/dt-1a2b3c-0f9e8d7c6b5a</c>.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <exception cref="IOException">There is no such namespace.</exception>
    public static Socket Create(string netnsPath, AddressFamily family)
    {
        Socket? made = null;
        Exception? failure = null;

        // A thread of its own: a namespace is entered by one thread and this one is not used again.
        var thread = new Thread(() =>
        {
            try
            {
                using var netns = File.OpenHandle(netnsPath);
                if (SetNamespace(netns, NewNet) != 0) throw new IOException(Marshal.GetLastPInvokeErrorMessage());
                made = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return made ?? throw new IOException($"entering the network namespace {netnsPath}: {failure!.Message}", failure);
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int kind);
}

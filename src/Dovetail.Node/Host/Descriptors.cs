using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Node.Host;

/// <summary>Pipes, terminals, and descriptors that travel over Unix sockets: the calls of <c>pipe(2)</c>, <c>ioctl_tty(2)</c> and <c>unix(7)</c>.</summary>
internal static unsafe partial class Descriptors
{
    public const int TryAgain = 11;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int NoFollow = 0x20000;
    private const int NoSignal = 0x4000;
    private const int ReceiveCloseOnExec = 0x40000000;
    private const int SocketLevel = 1;
    private const int Rights = 1;
    private const int PeerCredentials = 17;
    private const int SetFlags = 4;
    private const int DuplicateCloseOnExec = 1030;
    private const ulong SetWindowSize = 0x5414;
    private const int HeadBytes = 16;

    /// <summary>A pipe; neither end is inherited by programs.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        Checked(Pipe2(ends, CloseOnExec), "pipe2");
        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    /// <summary>A file for reading; null when there is none of that name, or what is there is a link, a pipe or a device: the folder may be another user's.</summary>
    public static SafeFileHandle? OpenRegular(string path)
    {
        var handle = new SafeFileHandle(Open(path, CloseOnExec | NonBlocking | NoFollow), ownsHandle: true);
        if (handle.IsInvalid) return null;
        using var probe = new FileStream(new SafeFileHandle(handle.DangerousGetHandle(), ownsHandle: false), FileAccess.Read, bufferSize: 0);
        if (probe.CanSeek && !Directory.Exists($"/proc/self/fd/{handle.DangerousGetHandle()}")) return handle;
        handle.Dispose();
        return null;
    }

    /// <summary>Reads and writes give <see cref="TryAgain"/> instead of waiting.</summary>
    public static void MakeNonBlocking(SafeFileHandle handle) => Checked(Fcntl((int)handle.DangerousGetHandle(), SetFlags, NonBlocking), "fcntl");

    public static SafeFileHandle Duplicate(SafeFileHandle handle) => new(Checked(Fcntl((int)handle.DangerousGetHandle(), DuplicateCloseOnExec, 3), "fcntl"), ownsHandle: true);

    /// <summary>The number of bytes, 0 at the end, or a negative errno.</summary>
    public static int Read(SafeFileHandle handle, Span<byte> into)
    {
        fixed (byte* at = into)
        {
            var count = ReadBytes(handle, at, (nuint)into.Length);
            return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>The number of bytes, or a negative errno.</summary>
    public static int Write(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            var count = WriteBytes(handle, at, (nuint)bytes.Length);
            return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>A terminal's size in characters.</summary>
    public static void Resize(SafeFileHandle terminal, ushort width, ushort height)
    {
        var size = stackalloc ushort[] { height, width, 0, 0 };
        Checked(Native.Ioctl((int)terminal.DangerousGetHandle(), SetWindowSize, (nint)size), "TIOCSWINSZ");
    }

    /// <summary>The uid at the other end of a Unix socket, as it was when that end began to listen.</summary>
    public static int PeerUid(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return BitConverter.ToInt32(credentials[4..]);
    }

    /// <summary>Sends all bytes, the descriptors with the first of them. The socket is a blocking one.</summary>
    public static void Send(Socket socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        var control = stackalloc byte[HeadBytes + 4 * sizeof(int)];
        fixed (byte* at = bytes)
        {
            var part = new Part { Base = at, Length = (nuint)bytes.Length };
            var message = new Message { Parts = &part, Count = 1 };
            if (descriptors.Length > 0)
            {
                *(nuint*)control = (nuint)(HeadBytes + descriptors.Length * sizeof(int));
                ((int*)control)[2] = SocketLevel;
                ((int*)control)[3] = Rights;
                descriptors.CopyTo(new Span<int>(control + HeadBytes, 4));
                message.Control = control;
                message.ControlLength = (nuint)((HeadBytes + descriptors.Length * sizeof(int) + 7) & ~7);
            }

            var sent = (int)SendMessage((int)socket.Handle, &message, NoSignal);
            if (sent < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"sendmsg: {Marshal.GetLastPInvokeErrorMessage()}");
            while (sent < bytes.Length) sent += socket.Send(bytes[sent..]);
        }
    }

    /// <summary>Receives what there is, and the descriptor that came along, if one did.</summary>
    public static int Receive(Socket socket, Span<byte> into, out SafeFileHandle? descriptor)
    {
        var control = stackalloc byte[64];
        descriptor = null;
        fixed (byte* at = into)
        {
            var part = new Part { Base = at, Length = (nuint)into.Length };
            var message = new Message { Parts = &part, Count = 1, Control = control, ControlLength = 64 };
            var count = (int)ReceiveMessage((int)socket.Handle, &message, ReceiveCloseOnExec);
            if (count < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"recvmsg: {Marshal.GetLastPInvokeErrorMessage()}");
            if (message.ControlLength >= HeadBytes + sizeof(int) && ((int*)control)[3] == Rights) descriptor = new SafeFileHandle(((int*)(control + HeadBytes))[0], ownsHandle: true);
            return count;
        }
    }

    // struct iovec and struct msghdr of 64-bit Linux.
    private struct Part
    {
        public byte* Base;
        public nuint Length;
    }

    private struct Message
    {
        public void* Name;
        public nuint NameLength;
        public Part* Parts;
        public nuint Count;
        public void* Control;
        public nuint ControlLength;
        public nint Flags;
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int Pipe2(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadBytes(SafeFileHandle handle, byte* into, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteBytes(SafeFileHandle handle, byte* from, nuint count);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, Message* message, int flags);

    private static int Checked(int result, string what) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
}

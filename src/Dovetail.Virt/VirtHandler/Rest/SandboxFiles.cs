using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Virt.VirtHandler.Rest;

/// <summary>
/// Opens files inside a sandbox from outside. The sandbox's user may have put links in the way that would lead out of it, to a socket or file of the node: every path is resolved by
/// the kernel with the sandbox's root as its root (openat2(2), RESOLVE_IN_ROOT), and the last part may not be a link.
/// </summary>
internal static unsafe partial class SandboxFiles
{
    private const long Openat2 = 437;
    private const int ReadOnly = 0, Directory = 0x10000, NoFollow = 0x20000, CloseOnExec = 0x80000, PathOnly = 0x200000;
    private const ulong ResolveInRoot = 0x10, ResolveNoMagicLinks = 0x02;

    /// <summary>A file's content can be read through the handle.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static SafeFileHandle OpenForReading(int pid, string path) => Open(pid, path, ReadOnly | NoFollow | CloseOnExec);

    /// <summary>A handle that only names the file; <c>/proc/self/fd/N</c> can be connected to when it is a socket.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static SafeFileHandle OpenName(int pid, string path) => Open(pid, path, PathOnly | NoFollow | CloseOnExec);

    private static SafeFileHandle Open(int pid, string path, int flags)
    {
        using var root = new SafeFileHandle(open(Utf8($"/proc/{pid}/root"), PathOnly | Directory | CloseOnExec), ownsHandle: true);
        if (root.IsInvalid) throw new IOException($"the sandbox of process {pid} is gone");
        var how = new OpenHow { Flags = (ulong)flags, Resolve = ResolveInRoot | ResolveNoMagicLinks };
        fixed (byte* name = Utf8(path))
        {
            var opened = syscall(Openat2, (int)root.DangerousGetHandle(), name, &how, (nuint)sizeof(OpenHow));
            return opened >= 0 ? new((nint)opened, ownsHandle: true) : throw new IOException($"opening {path} in the sandbox: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + "\0");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte[] path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, int folder, byte* path, OpenHow* how, nuint size);

    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}

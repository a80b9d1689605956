using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dovetail.Node.Host;

/// <summary>The few Linux calls that .NET has no wrapper for. Numbers are those of the generic ABI that x86_64 and arm64 share (Linux 5.3 and later).</summary>
internal static partial class Native
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int Epollin = 1;
    public const int Epollout = 4;

    private const int EpollCtlAdd = 1;
    private const int EpollCtlDel = 2;
    private const int EpollCloexec = 0x80000;
    private const int SysPidfdSendSignal = 424;
    private const int SysPidfdOpen = 434;
    private const ulong MountBind = 0x1000;
    private const ulong MountPrivate = 0x40000;
    private const int MountDetach = 2;
    private const int CharacterDevice = 0x2000;

    /// <summary>A descriptor that becomes readable when the process ends; -1 when there is no such process.</summary>
    public static int PidfdOpen(int pid) => (int)Syscall(SysPidfdOpen, pid, 0, 0, 0);

    /// <summary>False when the process is gone.</summary>
    public static bool PidfdSendSignal(int pidfd, int signal) => Syscall(SysPidfdSendSignal, pidfd, signal, 0, 0) == 0;

    public static int EpollCreate() => Checked(EpollCreate1(EpollCloexec), "epoll_create1");

    public static void EpollAdd(int epoll, int fd, int events = Epollin)
    {
        var wanted = new EpollEvent { Events = events, Fd = fd };
        Checked(EpollCtl(epoll, EpollCtlAdd, fd, ref wanted), "epoll_ctl");
    }

    public static void EpollRemove(int epoll, int fd)
    {
        var unused = default(EpollEvent);
        _ = EpollCtl(epoll, EpollCtlDel, fd, ref unused);
    }

    public static void CloseFd(int fd) => _ = Close(fd);

    /// <summary>Makes a character device node that belongs to <paramref name="owner"/> alone (mode 0600). One that is there is replaced.</summary>
    public static void MakeDevice(string path, int major, int minor, int owner)
    {
        File.Delete(path);
        Checked(Mknod(path, CharacterDevice | 0x180, (ulong)((major << 8) | minor)), $"mknod {path}");
        Own(path, owner);
    }

    public static void Own(string path, int owner) => Checked(Lchown(path, owner, owner), $"chown {path}");

    /// <summary>Binds a file or folder to another place, without what is mounted below it now or later.</summary>
    public static void Bind(string source, string place)
    {
        Checked(Mount(source, place, null, MountBind, 0), $"bind {source} to {place}");
        Checked(Mount(null, place, null, MountPrivate, 0), $"make {place} private");
    }

    /// <summary>Takes the uppermost mount away from a place; who uses it keeps it.</summary>
    public static void Detach(string place) => Checked(Unmount(place, MountDetach), $"unmount {place}");

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct EpollEvent
    {
        public int Events;
        public int Fd;
        private readonly int padding;
    }

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, ref EpollEvent events, int count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int fd, ulong request, nint argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Mmap(nint address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long a, long b, long c, long d);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate1(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollCtl(int epoll, int operation, int fd, ref EpollEvent wanted);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "mknod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mknod(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string? source, string target, string? type, ulong flags, nint data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Lchown(string path, int owner, int group);

    private static int Checked(int result, string what) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{what}: {Marshal.GetLastPInvokeErrorMessage()}");
}

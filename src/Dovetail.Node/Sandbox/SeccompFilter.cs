using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Dovetail.Node.Sandbox;

/// <summary>One instruction of classic BPF (<c>struct sock_filter</c>).</summary>
internal readonly record struct BpfInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K);

/// <summary>
/// The system call filter of everything in a sandbox, as a raw BPF program for <c>bwrap --seccomp</c>. QEMU's own <c>-sandbox on</c> comes on top of it; what that one lets pass
/// and nothing in here needs is refused with EPERM: mounts, tracing, keyrings, bpf, new namespaces, modules, clocks, io_uring, userfaultfd, device nodes.
/// </summary>
internal static class SeccompFilter
{
    public const ushort LoadWord = 0x20;
    public const ushort JumpEqual = 0x15;
    public const ushort JumpGreaterOrEqual = 0x35;
    public const ushort JumpSet = 0x45;
    public const ushort Return = 0x06;

    public const uint Allow = 0x7fff0000;
    public const uint KillProcess = 0x80000000;
    public const uint RefusePermission = 0x00050000 | 1;
    public const uint RefuseNotImplemented = 0x00050000 | 38;

    // Offsets in struct seccomp_data {int nr; __u32 arch; __u64 ip; __u64 args[6]}; the low half of an argument comes first.
    public const uint OffsetNumber = 0;
    public const uint OffsetArchitecture = 4;
    public const uint OffsetArgument0 = 16;
    public const uint OffsetArgument1 = 24;

    public const uint ArchitectureX64 = 0xC000003E;

    private const uint X32Bit = 0x40000000;
    private const uint CloneNewUser = 0x10000000;
    private const uint Clone = 56;
    private const uint Ioctl = 16;
    private const uint Clone3 = 435;
    private const uint Tiocsti = 0x5412;
    private const uint Tioclinux = 0x541C;

    /// <summary>x86_64 numbers of the calls that are refused whatever their arguments.</summary>
    public static readonly ImmutableArray<(string Name, uint Number)> Refused =
    [
        ("ptrace", 101), ("syslog", 103), ("mknod", 133), ("uselib", 134), ("personality", 135), ("vhangup", 153), ("pivot_root", 155), ("adjtimex", 159), ("chroot", 161),
        ("acct", 163), ("settimeofday", 164), ("mount", 165), ("umount2", 166), ("swapon", 167), ("swapoff", 168), ("reboot", 169), ("sethostname", 170), ("setdomainname", 171),
        ("iopl", 172), ("ioperm", 173), ("init_module", 175), ("delete_module", 176), ("quotactl", 179), ("nfsservctl", 180), ("lookup_dcookie", 212), ("clock_settime", 227),
        ("kexec_load", 246), ("add_key", 248), ("request_key", 249), ("keyctl", 250), ("mknodat", 259), ("unshare", 272), ("perf_event_open", 298), ("fanotify_init", 300),
        ("name_to_handle_at", 303), ("open_by_handle_at", 304), ("clock_adjtime", 305), ("setns", 308), ("process_vm_readv", 310), ("process_vm_writev", 311), ("kcmp", 312),
        ("finit_module", 313), ("kexec_file_load", 320), ("bpf", 321), ("userfaultfd", 323), ("io_uring_setup", 425), ("io_uring_enter", 426), ("io_uring_register", 427),
        ("open_tree", 428), ("move_mount", 429), ("fsopen", 430), ("fsconfig", 431), ("fsmount", 432), ("fspick", 433), ("pidfd_getfd", 438), ("mount_setattr", 442), ("quotactl_fd", 443),
    ];

    /// <summary>The program for this machine; other architectures are refused by name, because the numbers above are x86_64's.</summary>
    public static byte[] Bytes()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new PlatformNotSupportedException($"launcher sandboxes need x86_64: there is no system call filter for {RuntimeInformation.ProcessArchitecture}");

        var program = Program();
        var bytes = new byte[program.Length * 8];
        for (var i = 0; i < program.Length; i++)
        {
            var at = bytes.AsSpan(i * 8);
            BinaryPrimitives.WriteUInt16LittleEndian(at, program[i].Code);
            at[2] = program[i].JumpTrue;
            at[3] = program[i].JumpFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], program[i].K);
        }

        return bytes;
    }

    public static ImmutableArray<BpfInstruction> Program()
    {
        var program = ImmutableArray.CreateBuilder<BpfInstruction>();

        // Another architecture's numbers mean other calls: end the process. x32 calls carry a high bit and would slip through the list.
        program.Add(new(LoadWord, 0, 0, OffsetArchitecture));
        program.Add(new(JumpEqual, 1, 0, ArchitectureX64));
        program.Add(new(Return, 0, 0, KillProcess));
        program.Add(new(LoadWord, 0, 0, OffsetNumber));
        program.Add(new(JumpGreaterOrEqual, 0, 1, X32Bit));
        program.Add(new(Return, 0, 0, RefusePermission));

        // clone3's flags lie in memory and cannot be looked at: "not implemented" makes libc fall back to clone.
        program.Add(new(JumpEqual, 0, 1, Clone3));
        program.Add(new(Return, 0, 0, RefuseNotImplemented));

        program.Add(new(JumpEqual, 0, 4, Clone));
        program.Add(new(LoadWord, 0, 0, OffsetArgument0));
        program.Add(new(JumpSet, 0, 1, CloneNewUser));
        program.Add(new(Return, 0, 0, RefusePermission));
        program.Add(new(Return, 0, 0, Allow));

        // Typing into the terminal of whoever started us.
        program.Add(new(JumpEqual, 0, 5, Ioctl));
        program.Add(new(LoadWord, 0, 0, OffsetArgument1));
        program.Add(new(JumpEqual, 1, 0, Tiocsti));
        program.Add(new(JumpEqual, 0, 1, Tioclinux));
        program.Add(new(Return, 0, 0, RefusePermission));
        program.Add(new(Return, 0, 0, Allow));

        // A jump reaches 255 instructions, the list is shorter.
        for (var i = 0; i < Refused.Length; i++) program.Add(new(JumpEqual, (byte)(Refused.Length - i), 0, Refused[i].Number));
        program.Add(new(Return, 0, 0, Allow));
        program.Add(new(Return, 0, 0, RefusePermission));
        return program.ToImmutable();
    }
}

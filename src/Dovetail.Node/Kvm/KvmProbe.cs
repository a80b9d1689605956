using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dovetail.Node.Host;

namespace Dovetail.Node.Kvm;

/// <summary>
/// Finds out whether KVM works by running code in a virtual CPU and timing it: a nested host may offer a /dev/kvm that answers every capability check and then emulates each instruction,
/// a hundred times slower than emulation by QEMU. The probe is a loop in real mode that ends with HLT; usable is what ends so at more than 50 million instructions a second.
/// </summary>
public static class KvmProbe
{
    private const string Device = "/dev/kvm";
    private const int Loops = 20_000;
    private const double UsableInstructionsPerSecond = 50e6;
    private static readonly TimeSpan ChildLimit = TimeSpan.FromSeconds(3);

    private const ulong KvmCreateVm = 0xAE01;
    private const ulong KvmGetVcpuMmapSize = 0xAE04;
    private const ulong KvmCreateVcpu = 0xAE41;
    private const ulong KvmSetUserMemoryRegion = 0x4020AE46;
    private const ulong KvmRun = 0xAE80;
    private const ulong KvmSetRegs = 0x4090AE82;
    private const ulong KvmGetSregs = 0x8138AE83;
    private const ulong KvmSetSregs = 0x4138AE84;
    private const int ExitHlt = 5;
    private const int Eintr = 4;

    /// <summary>Runs the probe in a child (<paramref name="command"/>: program and arguments that call <see cref="RunInThisProcess"/>), which is killed when it does not end.</summary>
    public static async Task<KvmVerdict> RunAsync(IReadOnlyList<string> command, TimeProvider time, CancellationToken ct)
    {
        if (!File.Exists(Device)) return KvmVerdict.No($"{Device} does not exist: the processor's virtualization is off, or this is a virtual machine without nested virtualization");
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64) return KvmVerdict.No($"the probe knows x86_64 only, not {RuntimeInformation.ProcessArchitecture}");
        using var child = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true })!;
        using var limit = new CancellationTokenSource(ChildLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            var output = await child.StandardOutput.ReadToEndAsync(either.Token);
            await child.WaitForExitAsync(either.Token);
            return JsonSerializer.Deserialize(output, KvmJson.Default.KvmVerdict) ?? KvmVerdict.No("the probe told nothing");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            child.Kill();
            return KvmVerdict.No($"a virtual CPU did not finish {Loops * 2} instructions within {ChildLimit.TotalSeconds:0} s");
        }
        catch (JsonException)
        {
            return KvmVerdict.No($"the probe ended with exit code {child.ExitCode} and without a verdict");
        }
    }

    /// <summary>The probe itself; prints the verdict as one line of JSON. Returns 0.</summary>
    public static int RunInThisProcess()
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(Measure(), KvmJson.Default.KvmVerdict));
        return 0;
    }

    private static KvmVerdict Measure()
    {
        try
        {
            using var kvm = File.OpenHandle(Device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return MeasureOn((int)kvm.DangerousGetHandle());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return KvmVerdict.No($"{Device} cannot be used: {e.Message}");
        }
    }

    private static unsafe KvmVerdict MeasureOn(int kvm)
    {
        var vm = Ioctl(kvm, KvmCreateVm, 0, "KVM_CREATE_VM");
        var memory = Map(0x10000, -1);

        // struct kvm_userspace_memory_region {u32 slot, flags; u64 guest_phys_addr, memory_size, userspace_addr}
        var region = stackalloc ulong[] { 0, 0, 0x10000, (ulong)memory };
        Ioctl(vm, KvmSetUserMemoryRegion, (nint)region, "KVM_SET_USER_MEMORY_REGION");
        var vcpu = Ioctl(vm, KvmCreateVcpu, 0, "KVM_CREATE_VCPU");
        var run = (byte*)Map((nuint)Ioctl(kvm, KvmGetVcpuMmapSize, 0, "KVM_GET_VCPU_MMAP_SIZE"), vcpu);

        // struct kvm_sregs begins with the code segment {u64 base; u32 limit; u16 selector; …}; real mode code is to start at 0:1000.
        var sregs = stackalloc byte[0x138];
        Ioctl(vcpu, KvmGetSregs, (nint)sregs, "KVM_GET_SREGS");
        *(ulong*)sregs = 0;
        *(ushort*)(sregs + 12) = 0;
        Ioctl(vcpu, KvmSetSregs, (nint)sregs, "KVM_SET_SREGS");

        // struct kvm_regs: sixteen registers, then rip and rflags.
        var regs = stackalloc ulong[18];
        new Span<ulong>(regs, 18).Clear();
        regs[16] = 0x1000;
        regs[17] = 2;
        Ioctl(vcpu, KvmSetRegs, (nint)regs, "KVM_SET_REGS");

        // mov ecx, Loops; again: dec ecx; jnz again; hlt
        var code = new Span<byte>((byte*)memory + 0x1000, 11);
        ReadOnlySpan<byte> loop = [0x66, 0xb9, 0, 0, 0, 0, 0x66, 0x49, 0x75, 0xfc, 0xf4];
        loop.CopyTo(code);
        BinaryPrimitives.WriteInt32LittleEndian(code[2..], Loops);
        return Time(vcpu, run);
    }

    private static unsafe KvmVerdict Time(int vcpu, byte* run)
    {
        var clock = Stopwatch.StartNew();
        while (Native.Ioctl(vcpu, KvmRun, 0) < 0)
        {
            // The runtime's own signals interrupt the run; it goes on where it was.
            if (Marshal.GetLastPInvokeError() != Eintr) return KvmVerdict.No($"KVM_RUN fails: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        clock.Stop();
        var reason = *(int*)(run + 8); // struct kvm_run {u8 request_interrupt_window, immediate_exit, padding[6]; u32 exit_reason; …}
        if (reason != ExitHlt) return KvmVerdict.No($"a virtual CPU ended a plain loop with exit reason {reason}");
        var speed = 2.0 * Loops / clock.Elapsed.TotalSeconds;
        var said = string.Create(CultureInfo.InvariantCulture, $"a virtual CPU runs {speed / 1e6:0.0} million instructions a second");
        return speed > UsableInstructionsPerSecond ? new KvmVerdict(true, said) : KvmVerdict.No($"{said}: the host emulates them, and QEMU's own emulation is faster");
    }

    private static int Ioctl(int fd, ulong request, nint argument, string name)
    {
        var result = Native.Ioctl(fd, request, argument);
        return result >= 0 ? result : throw new IOException($"{name}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static nint Map(nuint length, int fd)
    {
        const int readWrite = 3, mapShared = 1, mapAnonymous = 0x20;
        var address = Native.Mmap(0, length, readWrite, mapShared | (fd < 0 ? mapAnonymous : 0), fd, 0);
        return address != -1 ? address : throw new IOException($"mmap: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dovetail.Virtctl.Console;

/// <summary>File descriptors 0 and 1. Read by the system call itself: .NET's console streams edit lines, which a raw terminal must not.</summary>
internal sealed partial class UnixTerminal : ITerminal
{
    private const int StandardInput = 0;
    private const int Now = 0; // TCSANOW

    private readonly DescriptorStream output = new(1);

    public IDisposable? MakeRaw()
    {
        if (IsTerminal(StandardInput) != 1 || GetAttributes(StandardInput, out var saved) != 0) return null;
        var raw = saved;
        CfMakeRaw(ref raw);
        return SetAttributes(StandardInput, Now, in raw) == 0 ? new Restoration(saved) : throw new Commands.VirtctlException($"make raw terminal failed: errno {Marshal.GetLastPInvokeError()}");
    }

    public Task<int> ReadAsync(byte[] buffer, CancellationToken ct)
    {
        // A blocked read cannot be cancelled; the waiting task is left behind and ends with the process.
        var read = Task.Run(() => Read(buffer), CancellationToken.None);
        return read.WaitAsync(ct);
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        output.Write(bytes.Span);
        return Task.CompletedTask;
    }

    private static int Read(byte[] buffer)
    {
        const int Interrupted = 4; // EINTR
        while (true)
        {
            var count = (int)ReadFile(StandardInput, buffer, (nuint)buffer.Length);
            if (count >= 0) return count;
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException($"read from standard input: errno {error}");
        }
    }

    [LibraryImport("libc", EntryPoint = "isatty")]
    private static partial int IsTerminal(int descriptor);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetAttributes(int descriptor, out Termios attributes);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetAttributes(int descriptor, int action, in Termios attributes);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void CfMakeRaw(ref Termios attributes);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(int descriptor, [Out] byte[] buffer, nuint count);

    /// <summary>struct termios of glibc and musl on Linux: 60 bytes, passed through unread.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Termios
    {
        private Words words;

        [InlineArray(15)]
        private struct Words
        {
            private uint first;
        }
    }

    private sealed class Restoration(Termios saved) : IDisposable
    {
        public void Dispose() => _ = SetAttributes(StandardInput, Now, in saved);
    }
}

using System.Collections.Immutable;
using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dovetail.Node.Host;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Node.Sandbox;

/// <summary>The command could not be started; the message is the cause alone.</summary>
internal sealed class CommandStartException(string cause) : IOException(cause);

/// <summary>
/// A command beside the launcher, started by the sandbox's init: it has its user, namespaces, cgroups, no_new_privs and system call filter because it is init's descendant, and no process of
/// the host's root ever enters. Disposing ends it.
/// </summary>
internal sealed class SandboxCommand : IDisposable
{
    private const int NoEntry = 2;
    private const int NoAccess = 13;
    private readonly Socket control;
    private readonly DescriptorWatch watch;
    private readonly StringBuilder said = new();
    private SafeFileHandle? terminal;

    private SandboxCommand(Socket control, DescriptorWatch watch) => (this.control, this.watch) = (control, watch);

    public Stream Input { get; private set; } = Stream.Null;

    public Stream Output { get; private set; } = Stream.Null;

    /// <summary>Empty with a terminal: everything is on <see cref="Output"/>.</summary>
    public Stream Error { get; private set; } = Stream.Null;

    /// <param name="socket">init's, on the host.</param>
    /// <param name="uid">The sandbox's: whoever else listens there is not asked.</param>
    /// <param name="command">Program and arguments; the program is looked for in the container's PATH.</param>
    /// <param name="tty">Whether it gets a terminal of its own.</param>
    /// <param name="watch">Waits for its output.</param>
    /// <param name="ct">Gives up; a command that has started is ended by disposing.</param>
    /// <exception cref="CommandStartException">It does not run.</exception>
    public static async Task<SandboxCommand> StartAsync(string socket, int uid, ImmutableArray<string> command, bool tty, DescriptorWatch watch, CancellationToken ct)
    {
        var started = new SandboxCommand(Connect(socket, uid), watch);
        try
        {
            started.Ask(command, tty);
            var answer = await started.NextLineAsync(ct);
            if (answer != "started") throw new CommandStartException(Cause(answer, command[0]));
            if (started.terminal is { } master)
            {
                started.Input = new DescriptorStream(Descriptors.Duplicate(master), watch, reads: false);
                started.Output = new DescriptorStream(Descriptors.Duplicate(master), watch, reads: true);
            }

            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    public void Resize(ushort width, ushort height)
    {
        if (terminal is { } master) Descriptors.Resize(master, width, height);
    }

    /// <summary>The exit code; 128 and the signal's number when one ended it, 137 when the whole sandbox ended.</summary>
    public async Task<int> WaitAsync(CancellationToken ct) =>
        await NextLineAsync(ct) is { } line && line.StartsWith("exit ", StringComparison.Ordinal) ? int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture) : 128 + Native.SigKill;

    public void Dispose()
    {
        control.Dispose();
        terminal?.Dispose();
        foreach (var stream in new[] { Input, Output, Error }) stream.Dispose();
    }

    private static Socket Connect(string path, int uid)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = 5000 };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return Descriptors.PeerUid(socket) == uid ? socket : throw new CommandStartException("somebody else listens in the place of the sandbox's init");
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new CommandStartException($"the sandbox's init does not answer: {e.Message}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Ask(ImmutableArray<string> command, bool tty)
    {
        var arguments = Encoding.UTF8.GetBytes($"{(tty ? 't' : 'p')}{string.Join('\0', command)}\0");
        byte[] request = [.. BitConverter.GetBytes(arguments.Length), .. arguments];
        if (tty)
        {
            Descriptors.Send(control, request, []);
            return;
        }

        var (input, output, error) = (Descriptors.Pipe(), Descriptors.Pipe(), Descriptors.Pipe());
        Input = new DescriptorStream(input.Write, watch, reads: false);
        Output = new DescriptorStream(output.Read, watch, reads: true);
        Error = new DescriptorStream(error.Read, watch, reads: true);
        using (input.Read)
        using (output.Write)
        using (error.Write) Descriptors.Send(control, request, [(int)input.Read.DangerousGetHandle(), (int)output.Write.DangerousGetHandle(), (int)error.Write.DangerousGetHandle()]);
    }

    /// <summary>Null: init has ended.</summary>
    private async Task<string?> NextLineAsync(CancellationToken ct)
    {
        var buffer = new byte[256];
        while (true)
        {
            if (said.ToString() is var text && text.IndexOf('\n', StringComparison.Ordinal) is var end and >= 0)
            {
                said.Remove(0, end + 1);
                return text[..end];
            }

            await watch.WaitAsync((int)control.Handle, Native.Epollin, ct);
            var count = Descriptors.Receive(control, buffer, out var descriptor);
            terminal ??= descriptor;
            if (count == 0) return null;
            said.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    /// <summary>In the words of the runtimes that Kubernetes users know.</summary>
    private static string Cause(string? answer, string program)
    {
        if (answer?.Split(' ') is not ["failed", var number]) return "the sandbox ended meanwhile";
        return int.Parse(number, CultureInfo.InvariantCulture) switch
        {
            NoEntry when !program.Contains('/', StringComparison.Ordinal) => $"exec: \"{program}\": executable file not found in $PATH",
            NoEntry => $"exec: \"{program}\": stat {program}: no such file or directory",
            NoAccess => $"exec: \"{program}\": permission denied",
            var other => $"exec: \"{program}\": {new Win32Exception(other).Message}",
        };
    }
}

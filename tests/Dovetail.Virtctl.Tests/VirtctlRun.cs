using System.Threading.Channels;
using Dovetail.Virtctl.Commands;
using Dovetail.Virtctl.Console;

namespace Dovetail.Virtctl.Tests;

/// <summary>One run of virtctl with captured output.</summary>
internal sealed record VirtctlRun(int Code, string Out, string Error)
{
    public static async Task<VirtctlRun> Async(FakeApiServer? server, string arguments, ITerminal? terminal = null, TimeProvider? time = null, Dictionary<string, string>? environment = null, CancellationToken ct = default)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var host = new VirtctlHost
        {
            Out = output,
            Error = error,
            Terminal = terminal ?? new FakeTerminal(),
            Time = time ?? TimeProvider.System,
            Environment = name => environment is not null && environment.TryGetValue(name, out var value) ? value : name == "HOME" ? "/nonexistent" : null,
        };
        var args = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (server is not null) args.Add($"--server={server.Address}");
        var code = await new VirtctlCommandLine(host).RunAsync(args, ct);
        return new(code, output.ToString(), error.ToString());
    }
}

/// <summary>Input that a test types, output that it reads.</summary>
internal sealed class FakeTerminal : ITerminal
{
    private readonly Channel<byte[]> input = Channel.CreateUnbounded<byte[]>();
    private readonly MemoryStream output = new();

    public int RawDepth { get; private set; }

    public bool WasRaw { get; private set; }

    public byte[] Written => output.ToArray();

    public void Type(params byte[] bytes) => input.Writer.TryWrite(bytes);

    public void EndInput() => input.Writer.TryComplete();

    public IDisposable MakeRaw()
    {
        RawDepth++;
        WasRaw = true;
        return new Restore(this);
    }

    public async Task<int> ReadAsync(byte[] buffer, CancellationToken ct)
    {
        if (!await input.Reader.WaitToReadAsync(ct) || !input.Reader.TryRead(out var bytes)) return 0;
        bytes.CopyTo(buffer, 0);
        return bytes.Length;
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        lock (output) output.Write(bytes.Span);
        return Task.CompletedTask;
    }

    private sealed class Restore(FakeTerminal terminal) : IDisposable
    {
        public void Dispose() => terminal.RawDepth--;
    }
}

namespace Dovetail.Virtctl.Console;

/// <summary>Standard input and output as bytes, and the terminal behind them.</summary>
public interface ITerminal
{
    /// <summary>Switches a terminal to raw mode until the result is disposed; null when standard input is no terminal.</summary>
    IDisposable? MakeRaw();

    /// <summary>Reads what is there, at least one byte; 0 at the end of the input. A read that is cancelled may still take the next input.</summary>
    Task<int> ReadAsync(byte[] buffer, CancellationToken ct);

    Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct);
}

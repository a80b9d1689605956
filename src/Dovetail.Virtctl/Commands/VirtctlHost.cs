using Dovetail.Virtctl.Console;

namespace Dovetail.Virtctl.Commands;

/// <summary>What virtctl needs of the machine it runs on.</summary>
public sealed class VirtctlHost
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required ITerminal Terminal { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>An environment variable's value, null when it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }
}

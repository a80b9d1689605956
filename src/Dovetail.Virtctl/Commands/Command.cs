namespace Dovetail.Virtctl.Commands;

/// <summary>What a running command has: its flags and arguments, and the way to the API.</summary>
public sealed class CommandContext(VirtctlHost host, FlagSet flags, Func<Client.KubeVirtClient> connect)
{
    public VirtctlHost Host { get; } = host;

    public FlagSet Flags { get; } = flags;

    public string Argument(int index) => Flags.Arguments[index];

    /// <summary>Reads the kubeconfig and makes the client; nothing is sent yet.</summary>
    public Client.KubeVirtClient Connect() => connect();
}

/// <summary>One command of virtctl.</summary>
public sealed record Command
{
    public required string Name { get; init; }

    /// <summary>The line behind "Usage:".</summary>
    public required string Use { get; init; }

    public required string Short { get; init; }

    /// <summary>Shown instead of <see cref="Short"/> by --help.</summary>
    public string Long { get; init; } = "";

    public required string Example { get; init; }

    public required int ArgumentCount { get; init; }

    /// <summary>The count is the least one.</summary>
    public bool TakesMoreArguments { get; init; }

    public IReadOnlyList<Flag> Flags { get; init; } = [];

    public required Func<CommandContext, CancellationToken, Task> RunAsync { get; init; }
}

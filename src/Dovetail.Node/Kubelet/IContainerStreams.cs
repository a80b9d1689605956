using System.Collections.Immutable;
using System.Threading.Channels;
using Dovetail.Node.Kubelet.Logs;
using k8s.Models;

namespace Dovetail.Node.Kubelet;

/// <summary>What was asked of a container cannot be done; the message is told to the client as it is.</summary>
internal sealed class ContainerRefusedException(string message) : IOException(message);

/// <summary>A terminal's size in characters.</summary>
internal readonly record struct TerminalSize(ushort Width, ushort Height);

/// <summary>The client's side of a command's or container's standard streams.</summary>
internal sealed record ContainerIo
{
    /// <summary>Null: the client sends nothing.</summary>
    public Stream? Input { get; init; }

    /// <summary>Null: the client does not want it.</summary>
    public Stream? Output { get; init; }

    /// <summary>Null: the client does not want it, or has a terminal, which shows both on <see cref="Output"/>.</summary>
    public Stream? Error { get; init; }

    public bool Terminal { get; init; }

    public required ChannelReader<TerminalSize> Sizes { get; init; }
}

/// <summary>Logs, commands, attachment and ports of one kind of pod; the kubelet endpoint asks the first that serves a pod.</summary>
internal interface IContainerStreams
{
    bool Serves(V1Pod pod);

    /// <summary>Writes what the container printed. With <see cref="LogRequest.Follow"/> it ends with the container.</summary>
    /// <exception cref="ContainerRefusedException">There is no such log.</exception>
    Task WriteLogAsync(V1Pod pod, string container, LogRequest request, Stream to, CancellationToken ct);

    /// <summary>Runs a command in the container; gives its exit code. Cancelling ends it.</summary>
    /// <exception cref="ContainerRefusedException">It does not run.</exception>
    Task<int> RunAsync(V1Pod pod, string container, ImmutableArray<string> command, ContainerIo io, CancellationToken ct);

    /// <summary>Connects to the standard streams of the container itself, until it or the client ends.</summary>
    /// <exception cref="ContainerRefusedException">It does not run.</exception>
    Task AttachAsync(V1Pod pod, string container, ContainerIo io, CancellationToken ct);

    /// <summary>A connection to a port of the pod's own loopback address.</summary>
    /// <exception cref="ContainerRefusedException">Nobody listens there.</exception>
    Task<Stream> ConnectAsync(V1Pod pod, int port, CancellationToken ct);
}

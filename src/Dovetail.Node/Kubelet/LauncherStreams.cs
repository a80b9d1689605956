using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Dovetail.Node.Host;
using Dovetail.Node.Kubelet.Logs;
using Dovetail.Node.Pods;
using Dovetail.Node.Sandbox;
using k8s.Models;

namespace Dovetail.Node.Kubelet;

/// <summary>Streams of launcher pods. <c>compute</c> is the sandbox; the containers of container disks have no process, print nothing and run nothing.</summary>
internal sealed class LauncherStreams(NodePaths paths, DescriptorWatch watch, TimeProvider time) : IContainerStreams
{
    /// <summary>How long output that a command's children still hold is waited for after its end.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(2);
    private readonly SandboxRecords records = new(paths);

    public bool Serves(V1Pod pod) => LauncherPod.Is(pod);

    public async Task WriteLogAsync(V1Pod pod, string container, LogRequest request, Stream to, CancellationToken ct)
    {
        if (container == LauncherPod.Compute) await new CriLogReader(Log(pod), request, to, time).CopyAsync(() => !IsLive(pod), ct);
        else if (request.Follow) await WaitForEndAsync(pod, ct);
    }

    public async Task<int> RunAsync(V1Pod pod, string container, ImmutableArray<string> command, ContainerIo io, CancellationToken ct)
    {
        using var running = await StartAsync(pod, container, command, io.Terminal, ct);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var input = FeedAsync(io, running, end.Token);
        var sizes = ResizeAsync(io, running, end.Token);
        var output = Task.WhenAll(CopyAsync(running.Output, io.Output, end.Token), CopyAsync(running.Error, io.Error, end.Token));
        try
        {
            var code = await running.WaitAsync(ct);
            await Task.WhenAny(output, Task.Delay(Drain, time, ct));
            return code;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(input, sizes, output).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task AttachAsync(V1Pod pod, string container, ContainerIo io, CancellationToken ct)
    {
        // The container was made without standard input: what the client sends goes nowhere, as with any container runtime.
        if (!IsLive(pod)) throw new ContainerRefusedException($"container is in {ContainerState(pod, container)} state");
        LogStreams wanted = (io.Output is null ? 0 : LogStreams.Stdout) | (io.Error is null && !io.Terminal ? 0 : LogStreams.Stderr);
        if (container != LauncherPod.Compute || wanted == 0)
        {
            await WaitForEndAsync(pod, ct);
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task Follow(LogStreams stream, Stream? to) => to is null
            ? Task.CompletedTask
            : new CriLogReader(Log(pod), new LogRequest { TailLines = 0, Follow = true, Streams = stream }, to, time).CopyAsync(() => !IsLive(pod), end.Token);
        await Task.WhenAll(Follow(io.Terminal ? LogStreams.All : LogStreams.Stdout, io.Output), Follow(LogStreams.Stderr, io.Error));
    }

    public async Task<Stream> ConnectAsync(V1Pod pod, int port, CancellationToken ct)
    {
        if (records.Find(pod.Metadata.Uid) is not { Netns: { Length: > 0 } netns } || !IsLive(pod)) throw new ContainerRefusedException("the sandbox does not run");
        SocketException? refusal = null;
        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            var socket = NamespacedSocket.Create($"/run/netns/{netns}", address.AddressFamily);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                refusal ??= e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new ContainerRefusedException($"failed to connect to localhost:{port} inside namespace \"{netns}\": {refusal!.Message}");
    }

    private async Task<SandboxCommand> StartAsync(V1Pod pod, string container, ImmutableArray<string> command, bool terminal, CancellationToken ct)
    {
        if (container != LauncherPod.Compute) throw new ContainerRefusedException($"container {container} stands for an image with a disk: no process of it runs");
        if (!IsLive(pod)) throw new ContainerRefusedException($"container is in {ContainerState(pod, container)} state");
        try
        {
            return await SandboxCommand.StartAsync(paths.InitSocket(pod.Metadata.Uid), records.Find(pod.Metadata.Uid)!.Uid, command, terminal, watch, ct);
        }
        catch (CommandStartException e)
        {
            throw new ContainerRefusedException(e.Message);
        }
    }

    private static async Task FeedAsync(ContainerIo io, SandboxCommand running, CancellationToken ct)
    {
        if (io.Input is null)
        {
            // A command with a terminal keeps it; one without reads the end.
            if (!io.Terminal) await running.Input.DisposeAsync();
            return;
        }

        await CopyAsync(io.Input, running.Input, ct);
        if (io.Terminal) await running.Input.WriteAsync(new byte[] { 4 }, ct); // what a terminal's user types for the end of input
        else await running.Input.DisposeAsync();
    }

    private static async Task ResizeAsync(ContainerIo io, SandboxCommand running, CancellationToken ct)
    {
        await foreach (var size in io.Sizes.ReadAllAsync(ct)) running.Resize(size.Width, size.Height);
    }

    private static async Task CopyAsync(Stream from, Stream? to, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, ct) is var count and > 0)
            {
                if (to is null) continue;
                await to.WriteAsync(buffer.AsMemory(0, count), ct);
                await to.FlushAsync(ct);
            }
        }
        catch (IOException)
        {
            // One side does not want any more: the other one is none of its business.
        }
    }

    private async Task WaitForEndAsync(V1Pod pod, CancellationToken ct)
    {
        while (IsLive(pod)) await Task.Delay(TimeSpan.FromSeconds(1), time, ct);
    }

    private string Log(V1Pod pod) => new SandboxFiles(paths, pod.Metadata.Uid).ContainerLog;

    private bool IsLive(V1Pod pod) => records.Find(pod.Metadata.Uid) is { Phase: SandboxPhase.Running } record && record.Init.IsAlive;

    private static string ContainerState(V1Pod pod, string container) =>
        pod.Status?.ContainerStatuses?.FirstOrDefault(c => c.Name == container)?.State is { Terminated: not null } ? "CONTAINER_EXITED" : "CONTAINER_CREATED";
}

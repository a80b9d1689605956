using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dovetail.LauncherApi;

/// <summary>A handler's connection to one launcher. Requests may overlap; the newest status is kept and told. When it breaks, every request in flight fails with an IOException and <see cref="Closed"/> completes.</summary>
public sealed class LauncherConnection : IAsyncDisposable
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private readonly MessageStream stream;
    private readonly Action<DomainStatus> statusChanged;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<LauncherMessage>> waiting = new();
    private readonly CancellationTokenSource closing = new();
    private long lastId;
    private volatile DomainStatus status = new() { State = DomainState.Absent };

    private LauncherConnection(MessageStream stream, (int Pid, uint Uid) peer, Action<DomainStatus> statusChanged)
    {
        (this.stream, PeerPid, PeerUid, this.statusChanged) = (stream, peer.Pid, peer.Uid, statusChanged);
        Closed = ReadAsync();
    }

    /// <summary>The launcher's process id as the caller sees it; its namespaces are under <c>/proc/&lt;pid&gt;/ns</c>.</summary>
    public int PeerPid { get; }

    /// <summary>The sandbox's user id as the caller sees it.</summary>
    public uint PeerUid { get; }

    /// <summary>The protocol version that the launcher speaks.</summary>
    public int Version { get; private set; }

    public DomainStatus Status => status;

    /// <summary>Completes, never faulted, when the connection has ended.</summary>
    public Task Closed { get; }

    /// <param name="socketPath">As the caller sees it.</param>
    /// <param name="statusChanged">Called on a thread of the pool for every status that differs from the last one; it must not block.</param>
    /// <param name="ct">Cancels the connecting.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="InvalidDataException">It is no launcher, or one of a version that is not spoken.</exception>
    public static async Task<LauncherConnection> OpenAsync(string socketPath, Action<DomainStatus> statusChanged, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new LauncherConnection(new MessageStream(new NetworkStream(socket, ownsSocket: true)), PeerOf(socket), statusChanged);
        try
        {
            var greeting = await connection.AskAsync(new LauncherCommand.Hello(LauncherProtocol.Version), ct).ConfigureAwait(false);
            if (greeting.Error is not null) throw new InvalidDataException($"the launcher refuses: {greeting.Error}");
            if (greeting.Version < LauncherProtocol.OldestVersion) throw new InvalidDataException($"the launcher speaks version {greeting.Version}; the oldest that is spoken here is {LauncherProtocol.OldestVersion}");
            connection.Version = Math.Min(greeting.Version, LauncherProtocol.Version);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <exception cref="IOException">The connection ended before the answer came; whether the command was carried out is unknown.</exception>
    public async Task<LauncherMessage> AskAsync(LauncherCommand command, CancellationToken ct)
    {
        var id = Interlocked.Increment(ref lastId);
        var answer = waiting[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            if (closing.IsCancellationRequested) throw new IOException("the connection to the launcher has ended");
            await stream.WriteAsync(new LauncherRequest(id, command), LauncherJson.Default.LauncherRequest, ct).ConfigureAwait(false);
            return await answer.Task.WaitAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            waiting.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        await Closed.ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        await Task.Yield();
        try
        {
            while (await stream.ReadAsync(LauncherJson.Default.LauncherMessage, closing.Token).ConfigureAwait(false) is { } message)
            {
                if (message.Status != status)
                {
                    status = message.Status;
                    statusChanged(message.Status);
                }

                if (waiting.TryGetValue(message.Id, out var answer)) answer.TrySetResult(message);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or OperationCanceledException)
        {
            // Whatever ended it, the connection has ended.
        }

        await closing.CancelAsync().ConfigureAwait(false);
        foreach (var answer in waiting.Values) answer.TrySetException(new IOException("the connection to the launcher has ended"));
        stream.Dispose();
    }

    /// <summary>struct ucred: pid, uid, gid; of the process that listens.</summary>
    private static (int Pid, uint Uid) PeerOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return (MemoryMarshal.Read<int>(credentials), MemoryMarshal.Read<uint>(credentials[4..]));
    }
}

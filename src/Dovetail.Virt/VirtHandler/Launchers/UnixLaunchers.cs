using System.Collections.Concurrent;
using System.Net.Sockets;
using Dovetail.LauncherApi;
using Dovetail.Runtime.Seam;

namespace Dovetail.Virt.VirtHandler.Launchers;

/// <summary>Launchers behind their unix sockets in the pods' volumes.</summary>
/// <param name="socketPath">From a pod's uid to its launcher's socket.</param>
/// <param name="time">The clock.</param>
internal sealed class UnixLaunchers(Func<string, string> socketPath, TimeProvider time) : ILaunchers, IAsyncDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(3);

    /// <summary>A launcher that was killed is back within milliseconds, one that keeps dying within 16 seconds; twice that on a machine under load.</summary>
    private static readonly TimeSpan OutOfSightLimit = TimeSpan.FromSeconds(40);

    private readonly ConcurrentDictionary<NamespacedName, Session> sessions = new();

    public Action<NamespacedName> Changed { private get; set; } = _ => { };

    /// <summary>The process at the other end of a VMI's connection; null when there is none.</summary>
    public LauncherProcess? ProcessOf(NamespacedName vmi) => sessions.TryGetValue(vmi, out var session) && session.IsLive ? session.Process : null;

    public async Task<LauncherSight> LookAsync(NamespacedName vmi, string podUid, CancellationToken ct)
    {
        if (sessions.TryGetValue(vmi, out var session))
        {
            if (session.PodUid == podUid && session.IsLive) return new(session.Connection!.Status, session.Process, null, false);
            if (session.PodUid != podUid)
            {
                await ForgetAsync(vmi);
                session = null;
            }
        }

        var path = socketPath(podUid);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(ConnectTime);
            var connection = await LauncherConnection.OpenAsync(path, _ => Changed(vmi), patience.Token);
            if (session is not null) await session.CloseAsync();
            var process = await ProcessOfAsync(connection);
            sessions[vmi] = new(podUid, connection, process, null);
            _ = TellWhenClosedAsync(vmi, connection);
            return new(connection.Status, process, null, false);
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            var since = session?.OutOfSightSince ?? time.GetUtcNow();
            sessions[vmi] = new(podUid, null, session?.Process, since);
            var volume = Path.GetDirectoryName(path)!;
            var gone = !Directory.Exists(volume) || (session?.Process is { } known ? !ProcessFiles.Lives(known.Init) : time.GetUtcNow() - since >= OutOfSightLimit);
            return new(null, null, GuestRecord.Read(volume), gone);
        }
    }

    public async Task<LauncherMessage> AskAsync(NamespacedName vmi, LauncherCommand command, CancellationToken ct)
    {
        if (!sessions.TryGetValue(vmi, out var session) || !session.IsLive) throw new IOException("the launcher does not answer");
        return await session.Connection!.AskAsync(command, ct);
    }

    public async ValueTask ForgetAsync(NamespacedName vmi)
    {
        if (sessions.TryRemove(vmi, out var session)) await session.CloseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vmi in sessions.Keys) await ForgetAsync(vmi);
    }

    /// <exception cref="IOException">It has just died; the connection is closed.</exception>
    private static async Task<LauncherProcess> ProcessOfAsync(LauncherConnection connection)
    {
        try
        {
            return new(connection.PeerPid, connection.PeerUid, ProcessFiles.ParentOf(connection.PeerPid));
        }
        catch (IOException)
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task TellWhenClosedAsync(NamespacedName vmi, LauncherConnection connection)
    {
        await connection.Closed;
        Changed(vmi);
    }

    private sealed record Session(string PodUid, LauncherConnection? Connection, LauncherProcess? Process, DateTimeOffset? OutOfSightSince)
    {
        public bool IsLive => Connection is { Closed.IsCompleted: false };

        public ValueTask CloseAsync() => Connection?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

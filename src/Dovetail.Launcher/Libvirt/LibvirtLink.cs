using System.Threading.Channels;
using Dovetail.Launcher.Guest;

namespace Dovetail.Launcher.Libvirt;

/// <summary>Keeps a connection to the sandbox's libvirtd, which init starts again when it dies, and tells the guest's owner of every connection and of every event.</summary>
internal sealed class LibvirtLink(string uri, ChannelWriter<GuestInput> owner, TimeProvider time)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(1);

    private volatile TaskCompletionSource<LibvirtConnection> connected = NewPromise();

    /// <summary>The present connection, or the next one.</summary>
    public Task<LibvirtConnection> ConnectedAsync() => connected.Task;

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var connection = await OpenAsync(new Listener(owner, lost), ct).ConfigureAwait(false);
            connected.SetResult(connection);
            owner.TryWrite(new GuestInput.LinkUp(connection));
            try
            {
                await lost.Task.WaitAsync(ct).ConfigureAwait(false);
            }
            finally
            {
                connected = NewPromise();
                owner.TryWrite(new GuestInput.LinkDown());
            }
        }
    }

    private async Task<LibvirtConnection> OpenAsync(ILibvirtEvents events, CancellationToken ct)
    {
        for (var wait = FirstRetry; ; wait = wait * 2 < LongestRetry ? wait * 2 : LongestRetry)
        {
            try
            {
                return await Task.Run(() => LibvirtConnection.Open(uri, events), ct).ConfigureAwait(false);
            }
            catch (LibvirtException)
            {
                // libvirtd is being started; its absence shows in the status when a guest waits for it.
                await Task.Delay(wait, time, ct).ConfigureAwait(false);
            }
        }
    }

    private static TaskCompletionSource<LibvirtConnection> NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Listener(ChannelWriter<GuestInput> owner, TaskCompletionSource lost) : ILibvirtEvents
    {
        public void Lifecycle(string domain, LifecycleEvent what, int detail) => owner.TryWrite(new GuestInput.Lifecycle(what, detail));

        public void AgentConnected(string domain, bool connected) => owner.TryWrite(new GuestInput.AgentChanged(connected));

        public void ConnectionLost() => lost.TrySetResult();
    }
}

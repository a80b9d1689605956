using System.Collections.Immutable;
using System.Threading.Channels;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>The present status, and its changes for whoever listens. A slow listener gets the newest one and misses those between.</summary>
internal sealed class StatusFeed
{
    private ImmutableArray<Channel<DomainStatus>> listeners = [];
    private volatile DomainStatus current = new() { State = DomainState.Absent };

    public DomainStatus Current => current;

    public bool HasListeners => !listeners.IsEmpty;

    public void Publish(DomainStatus status)
    {
        if (status == current) return;
        current = status;
        foreach (var listener in listeners) listener.Writer.TryWrite(status);
    }

    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<DomainStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        ImmutableInterlocked.Update(ref listeners, static (all, one) => all.Add(one), channel);
        return new(this, channel);
    }

    public readonly struct Subscription(StatusFeed feed, Channel<DomainStatus> channel) : IDisposable
    {
        public ChannelReader<DomainStatus> Changes => channel.Reader;

        public void Dispose() => ImmutableInterlocked.Update(ref feed.listeners, static (all, one) => all.Remove(one), channel);
    }
}

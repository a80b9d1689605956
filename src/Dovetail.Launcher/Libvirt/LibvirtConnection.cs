using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dovetail.Launcher.Libvirt;

/// <summary>
/// A connection to a libvirtd with its events. Calls block for as long as libvirt takes; they may be made from any thread, several at once. A connection that is lost stays lost:
/// every call fails from then on.
/// </summary>
internal sealed unsafe class LibvirtConnection : IDisposable
{
    // libvirt calls back with an opaque number: the connection may already be disposed then.
    private static readonly ConcurrentDictionary<nint, ILibvirtEvents> Listeners = new();
    private static readonly Lock Starting = new();
    private static int lastKey;
    private static bool started;

    private readonly nint connection;
    private readonly nint key;
    private int disposed;

    private LibvirtConnection(nint connection, nint key) => (this.connection, this.key) = (connection, key);

    /// <exception cref="LibvirtException">Nobody listens there, or it is no libvirtd.</exception>
    public static LibvirtConnection Open(string uri, ILibvirtEvents events)
    {
        EnsureEventLoop();
        var connection = Native.virConnectOpen(uri);
        if (connection == 0) throw LibvirtException.Last("virConnectOpen");
        var key = Interlocked.Increment(ref lastKey);
        Listeners[key] = events;
        var opened = new LibvirtConnection(connection, key);
        if (Native.virConnectRegisterCloseCallback(connection, &OnClose, key, 0) < 0
            || Native.virConnectDomainEventRegisterAny(connection, 0, Native.EventLifecycle, (nint)(delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, int>)&OnLifecycle, key, 0) < 0
            || Native.virConnectDomainEventRegisterAny(connection, 0, Native.EventAgentLifecycle, (nint)(delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void>)&OnAgent, key, 0) < 0)
        {
            var failure = LibvirtException.Last("registering for events");
            opened.Dispose();
            throw failure;
        }

        return opened;
    }

    /// <summary>Null when there is no domain of that name.</summary>
    public LibvirtDomain? Find(string name)
    {
        var domain = Native.virDomainLookupByName(connection, name);
        return domain == 0 ? null : new(domain);
    }

    /// <summary>Starts a transient domain.</summary>
    public LibvirtDomain Create(string xml, bool paused)
    {
        var domain = Native.virDomainCreateXML(connection, xml, paused ? Native.StartPaused : 0);
        return domain == 0 ? throw LibvirtException.Last("starting the domain") : new(domain);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        Listeners.TryRemove(key, out _);
        Native.virConnectUnregisterCloseCallback(connection, &OnClose);
        Native.virConnectClose(connection);
    }

    private static void EnsureEventLoop()
    {
        lock (Starting)
        {
            if (started) return;
            if (Native.virInitialize() < 0) throw LibvirtException.Last("virInitialize");
            Native.virSetErrorFunc(0, &IgnoreError);

            // Before the first connection is opened: libvirt looks for an event loop then.
            Native.virEventRegisterDefaultImpl();
            new Thread(RunEventLoop) { IsBackground = true, Name = "libvirt-events" }.Start();
            started = true;
        }
    }

    private static void RunEventLoop()
    {
        while (Native.virEventRunDefaultImpl() >= 0)
        {
        }
    }

    /// <summary>libvirt prints errors to stderr unless somebody takes them; they are read where calls fail.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void IgnoreError(nint data, nint error)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnClose(nint connection, int reason, nint key)
    {
        if (Listeners.TryGetValue(key, out var events)) events.ConnectionLost();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnLifecycle(nint connection, nint domain, int what, int detail, nint key)
    {
        if (Listeners.TryGetValue(key, out var events)) events.Lifecycle(LibvirtDomain.NameOf(domain), (LifecycleEvent)what, detail);
        return 0;
    }

    /// <summary>State 1 is connected, 2 disconnected.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnAgent(nint connection, nint domain, int state, int reason, nint key)
    {
        if (Listeners.TryGetValue(key, out var events)) events.AgentConnected(LibvirtDomain.NameOf(domain), state == 1);
    }
}

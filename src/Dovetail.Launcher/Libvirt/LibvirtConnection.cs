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

    private readonly ConnectionHandle handle;
    private readonly nint key;
    private readonly List<int> callbacks = [];
    private int disposed;

    private LibvirtConnection(ConnectionHandle handle, nint key) => (this.handle, this.key) = (handle, key);

    /// <summary>False once the connection is lost or disposed. A call that failed on it may have been carried out nevertheless.</summary>
    public bool IsAlive
    {
        get
        {
            try
            {
                return Native.virConnectIsAlive(handle) == 1;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <exception cref="LibvirtException">Nobody listens there, or it is no libvirtd.</exception>
    public static LibvirtConnection Open(string uri, ILibvirtEvents events)
    {
        EnsureEventLoop();
        var handle = Native.virConnectOpen(uri);
        if (handle.IsInvalid) throw LibvirtException.Last("virConnectOpen");
        var key = Interlocked.Increment(ref lastKey);
        Listeners[key] = events;
        var opened = new LibvirtConnection(handle, key);
        try
        {
            if (Native.virConnectRegisterCloseCallback(handle, &OnClose, key, 0) < 0) throw LibvirtException.Last("registering for the connection's end");
            opened.Register(Native.EventLifecycle, (nint)(delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, int>)&OnLifecycle);
            opened.Register(Native.EventAgentLifecycle, (nint)(delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void>)&OnAgent);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Null when libvirt says that there is no domain of that name.</summary>
    /// <exception cref="LibvirtException">It says nothing: whether the domain is there is unknown.</exception>
    public LibvirtDomain? Find(string name)
    {
        var (domain, failure) = Call(h => Native.virDomainLookupByName(h, name), "looking for the domain");
        if (domain != 0) return new(domain);
        return failure!.Code == LibvirtError.NoDomain ? null : throw failure;
    }

    /// <summary>Starts a transient domain.</summary>
    /// <exception cref="LibvirtException"><see cref="LibvirtError.OperationInvalid"/>: it is there already, or being started. On a connection that is not alive any more: it may run.</exception>
    public void Create(string xml, bool paused)
    {
        var (domain, failure) = Call(h => Native.virDomainCreateXML(h, xml, paused ? Native.StartPaused : 0), "starting the domain");
        if (domain == 0) throw failure!;
        Native.virDomainFree(domain);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        Listeners.TryRemove(key, out _);
        Native.virConnectUnregisterCloseCallback(handle, &OnClose);

        // Each registration holds a reference to the connection, which would stay for ever.
        foreach (var callback in callbacks) Native.virConnectDomainEventDeregisterAny(handle, callback);
        handle.Dispose();
    }

    private void Register(int eventId, nint callback)
    {
        var id = Native.virConnectDomainEventRegisterAny(handle, 0, eventId, callback, key, 0);
        if (id < 0) throw LibvirtException.Last("registering for events");
        callbacks.Add(id);
    }

    /// <summary>The object that a call answers with, or 0 and the error, which libvirt keeps for the thread only until its next call.</summary>
    private (nint Result, LibvirtException? Failure) Call(Func<ConnectionHandle, nint> call, string what)
    {
        try
        {
            var result = call(handle);
            return (result, result == 0 ? LibvirtException.Last(what) : null);
        }
        catch (ObjectDisposedException)
        {
            return (0, new($"{what}: the connection to libvirtd is closed"));
        }
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

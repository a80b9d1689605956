namespace Dovetail.Launcher.Libvirt;

/// <summary>What a domain is doing, of virDomainState.</summary>
internal enum LibvirtState
{
    None = 0,
    Running = 1,
    Blocked = 2,
    Paused = 3,
    ShuttingDown = 4,
    ShutOff = 5,
    Crashed = 6,
    PmSuspended = 7,
}

/// <summary>virDomainEventType.</summary>
internal enum LifecycleEvent
{
    Defined = 0,
    Undefined = 1,
    Started = 2,
    Suspended = 3,
    Resumed = 4,
    Stopped = 5,
    Shutdown = 6,
    PmSuspended = 7,
    Crashed = 8,
}

/// <summary>virDomainEventStoppedDetailType.</summary>
internal enum StoppedDetail
{
    Shutdown = 0,
    Destroyed = 1,
    Crashed = 2,
    Migrated = 3,
    Saved = 4,
    Failed = 5,
    FromSnapshot = 6,
}

/// <summary>Receives a connection's events, on libvirt's event thread: it must not block or call libvirt.</summary>
internal interface ILibvirtEvents
{
    void Lifecycle(string domain, LifecycleEvent what, int detail);

    void AgentConnected(string domain, bool connected);

    void ConnectionLost();
}

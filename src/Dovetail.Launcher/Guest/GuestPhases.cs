using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>What happens to a guest.</summary>
internal enum GuestEvent
{
    /// <summary>The handler wants it to run.</summary>
    Asked,

    /// <summary>Its disks are there.</summary>
    Prepared,

    /// <summary>It cannot be prepared or started.</summary>
    CannotStart,

    /// <summary>libvirt says that it runs.</summary>
    Runs,

    /// <summary>libvirt says that its vCPUs are stopped.</summary>
    Paused,

    /// <summary>It is gone, or it was told to stop before it was there.</summary>
    Gone,
}

/// <summary>The life of the sandbox's one guest.</summary>
/// <remarks><code>
/// Absent ─Asked→ Preparing ─Prepared→ Starting ─Runs→ Running ⇄ Paused
///   │                │ └─CannotStart→ Failed ←┘          │        │
///   └───────Gone─────┴──────────────→ Ended ←────────────┴────────┘
/// Absent ─Runs|Paused→ Running|Paused   (a restarted launcher finds its guest)
/// </code></remarks>
internal static class GuestPhases
{
    /// <summary>Null: this cannot happen, or says nothing new, in that phase.</summary>
    public static DomainState? Next(DomainState phase, GuestEvent what) => (phase, what) switch
    {
        (DomainState.Absent, GuestEvent.Asked) => DomainState.Preparing,
        (DomainState.Absent, GuestEvent.Runs) => DomainState.Running,
        (DomainState.Absent, GuestEvent.Paused) => DomainState.Paused,
        (DomainState.Absent, GuestEvent.Gone) => DomainState.Ended,
        (DomainState.Absent, GuestEvent.Prepared or GuestEvent.CannotStart) => null,

        (DomainState.Preparing, GuestEvent.Prepared) => DomainState.Starting,
        (DomainState.Preparing, GuestEvent.CannotStart) => DomainState.Failed,
        (DomainState.Preparing, GuestEvent.Gone) => DomainState.Ended,
        (DomainState.Preparing, GuestEvent.Asked or GuestEvent.Runs or GuestEvent.Paused) => null,

        (DomainState.Starting, GuestEvent.Runs) => DomainState.Running,
        (DomainState.Starting, GuestEvent.Paused) => DomainState.Paused,
        (DomainState.Starting, GuestEvent.CannotStart) => DomainState.Failed,
        (DomainState.Starting, GuestEvent.Gone) => DomainState.Ended,
        (DomainState.Starting, GuestEvent.Asked or GuestEvent.Prepared) => null,

        (DomainState.Running, GuestEvent.Paused) => DomainState.Paused,
        (DomainState.Running, GuestEvent.Gone) => DomainState.Ended,
        (DomainState.Running, GuestEvent.Asked or GuestEvent.Prepared or GuestEvent.CannotStart or GuestEvent.Runs) => null,

        (DomainState.Paused, GuestEvent.Runs) => DomainState.Running,
        (DomainState.Paused, GuestEvent.Gone) => DomainState.Ended,
        (DomainState.Paused, GuestEvent.Asked or GuestEvent.Prepared or GuestEvent.CannotStart or GuestEvent.Paused) => null,

        (DomainState.Ended, _) => null,
        (DomainState.Failed, _) => null,
    };
}

using System.Collections.Immutable;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>What is known of one owner that an object names.</summary>
public enum OwnerState
{
    /// <summary>It exists and stays.</summary>
    Solid,

    /// <summary>There is no object with its uid.</summary>
    Absent,

    /// <summary>It is being deleted in the foreground and waits for those of its dependents that block it.</summary>
    WaitingForDependents,

    /// <summary>Its kind is not served, so nobody can tell.</summary>
    Unknown,

    /// <summary>The reference cannot be followed: a cluster-scoped object names a namespaced owner.</summary>
    Unreachable,
}

public sealed record OwnerFacts(string Uid, OwnerState State, bool Blocks);

/// <summary>What the collector knows when it looks at one object.</summary>
public sealed record GcFacts
{
    public required bool IsDeleting { get; init; }

    /// <summary>It carries the finalizer <c>foregroundDeletion</c>.</summary>
    public required bool ForegroundFinalizer { get; init; }

    /// <summary>It carries the finalizer <c>orphan</c>.</summary>
    public required bool OrphanFinalizer { get; init; }

    public required ImmutableArray<OwnerFacts> Owners { get; init; }

    /// <summary>How many objects name it as an owner.</summary>
    public required int Dependents { get; init; }

    /// <summary>How many of them have blockOwnerDeletion set.</summary>
    public required int BlockingDependents { get; init; }

    /// <summary>How many of them are themselves being deleted in the foreground.</summary>
    public required int LeavingDependents { get; init; }
}

/// <summary>One thing for the collector to do about an object.</summary>
public abstract record GcStep
{
    private GcStep() { }

    /// <summary>Delete the object itself with this propagation.</summary>
    public sealed record Delete(string Propagation) : GcStep;

    /// <summary>Take these owners out of the object's references.</summary>
    public sealed record Disown(ImmutableArray<string> OwnerUids) : GcStep;

    /// <summary>Take the object out of its dependents' references.</summary>
    public sealed record OrphanDependents : GcStep;

    /// <summary>Look at the object's dependents: each decides for itself whether it follows.</summary>
    public sealed record WakeDependents : GcStep;

    /// <summary>Clear blockOwnerDeletion in the object's references.</summary>
    public sealed record StopBlocking : GcStep;

    public sealed record RemoveFinalizer(string Name) : GcStep;
}

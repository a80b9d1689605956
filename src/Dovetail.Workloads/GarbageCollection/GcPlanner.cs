using System.Collections.Immutable;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>
/// Kubernetes' garbage collection: an object goes when the last of its owners has gone; an owner that is deleted in the foreground goes after its
/// blocking dependents; one that is deleted with <c>orphan</c> leaves its dependents behind.
/// </summary>
public static class GcPlanner
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    public static ImmutableArray<GcStep> Decide(GcFacts facts)
    {
        if (facts.IsDeleting) return Leaving(facts);
        if (facts.Owners.IsEmpty || facts.Owners.Any(owner => owner.State == OwnerState.Unknown)) return [];
        var gone = facts.Owners.Where(owner => owner.State != OwnerState.Solid).ToImmutableArray();
        if (gone.IsEmpty) return [];
        // Some owner stays, so does the object; it only forgets the others, so that it does not hold up a foreground deletion.
        if (gone.Length < facts.Owners.Length) return [new GcStep.Disown([.. gone.Select(owner => owner.Uid)])];
        var waitedFor = facts.Owners.Any(owner => owner is { State: OwnerState.WaitingForDependents });
        return [new GcStep.Delete(waitedFor && facts.Dependents > 0 ? "Foreground" : "Background")];
    }

    private static ImmutableArray<GcStep> Leaving(GcFacts facts)
    {
        if (facts.OrphanFinalizer)
            return facts.Dependents > 0
                ? [new GcStep.OrphanDependents(), new GcStep.RemoveFinalizer(OrphanFinalizer)]
                : [new GcStep.RemoveFinalizer(OrphanFinalizer)];
        if (!facts.ForegroundFinalizer) return [];
        return facts.BlockingDependents == 0
            ? [new GcStep.RemoveFinalizer(ForegroundFinalizer)]
            : [new GcStep.DeleteDependents()];
    }
}

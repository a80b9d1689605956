using System.Collections.Immutable;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>
/// Kubernetes' garbage collection: an object goes when the last of its owners has gone; an owner that is deleted in the foreground goes after its
/// blocking dependents; one that is deleted with <c>orphan</c> leaves its dependents behind.
/// </summary>
public static class GcPlanner
{
    public static ImmutableArray<GcStep> Decide(GcFacts facts)
    {
        if (facts.IsDeleting) return Leaving(facts);
        if (facts.Owners.IsEmpty || facts.Owners.Any(owner => owner.State is OwnerState.Unknown or OwnerState.Unreachable)) return [];
        var gone = facts.Owners.Where(owner => owner.State != OwnerState.Solid).ToImmutableArray();
        if (gone.IsEmpty) return [];
        // Some owner stays, so does the object; it only forgets the others, so that it does not hold up a foreground deletion.
        if (gone.Length < facts.Owners.Length) return [new GcStep.Disown([.. gone.Select(owner => owner.Uid)])];
        if (facts.Dependents == 0 || gone.All(owner => owner.State != OwnerState.WaitingForDependents)) return [new GcStep.Delete(OwnWish(facts))];
        // Owners that wait for each other in a circle would wait for ever: the object that closes it lets its owners go first.
        return facts.LeavingDependents > 0 && facts.Owners.Any(owner => owner.Blocks)
            ? [new GcStep.StopBlocking(), new GcStep.Delete("Foreground")]
            : [new GcStep.Delete("Foreground")];
    }

    private static ImmutableArray<GcStep> Leaving(GcFacts facts)
    {
        if (facts.OrphanFinalizer)
            return facts.Dependents > 0
                ? [new GcStep.OrphanDependents(), new GcStep.RemoveFinalizer(GcFinalizers.Orphan)]
                : [new GcStep.RemoveFinalizer(GcFinalizers.Orphan)];
        if (!facts.ForegroundFinalizer) return [];
        return facts.BlockingDependents == 0
            ? [new GcStep.RemoveFinalizer(GcFinalizers.Foreground)]
            : [new GcStep.WakeDependents()];
    }

    /// <summary>Finalizers that an object carries already say how it is to be deleted.</summary>
    private static string OwnWish(GcFacts facts) => facts.OrphanFinalizer ? "Orphan" : facts.ForegroundFinalizer ? "Foreground" : "Background";
}

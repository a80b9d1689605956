using k8s.Models;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>The finalizers by which a deletion says what becomes of dependents.</summary>
public static class GcFinalizers
{
    public const string Foreground = "foregroundDeletion";
    public const string Orphan = "orphan";

    /// <summary>Its dependents are to go before it.</summary>
    public static bool WaitsForDependents(this V1ObjectMeta metadata) => metadata.Finalizers?.Contains(Foreground) == true;

    /// <summary>Its dependents are to be left behind.</summary>
    public static bool Orphans(this V1ObjectMeta metadata) => metadata.Finalizers?.Contains(Orphan) == true;
}

using k8s.Models;

namespace Dovetail.Workloads.GarbageCollection;

/// <summary>An owner as a reference of a namespace's object names it. All of it counts: a reference that gives an owner's uid and another name is wrong, and says nothing of the owner.</summary>
internal readonly record struct NamedOwner(string Namespace, string ApiVersion, string Kind, string Name, string Uid)
{
    public static NamedOwner Of(string ns, V1OwnerReference reference) => new(ns, reference.ApiVersion, reference.Kind, reference.Name, reference.Uid);
}

/// <summary>Owners that are known to be gone, so that the thousand dependents of one owner ask for it once. A uid never comes back.</summary>
internal sealed class AbsentOwners
{
    /// <summary>As many as upstream remembers.</summary>
    private const int Kept = 500;

    private readonly Lock gate = new();
    private readonly HashSet<NamedOwner> known = [];
    private readonly Queue<NamedOwner> oldestFirst = new();

    public bool Contains(NamedOwner owner)
    {
        lock (gate) return known.Contains(owner);
    }

    /// <summary>False when it was known.</summary>
    public bool Add(NamedOwner owner)
    {
        lock (gate)
        {
            if (!known.Add(owner)) return false;
            oldestFirst.Enqueue(owner);
            if (oldestFirst.Count > Kept) known.Remove(oldestFirst.Dequeue());
            return true;
        }
    }
}

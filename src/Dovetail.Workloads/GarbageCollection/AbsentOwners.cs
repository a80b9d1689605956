namespace Dovetail.Workloads.GarbageCollection;

/// <summary>Owners that are known to be gone, so that the thousand dependents of one owner ask for it once. A uid never comes back.</summary>
internal sealed class AbsentOwners
{
    /// <summary>As many as upstream remembers.</summary>
    private const int Kept = 500;

    private readonly Lock gate = new();
    private readonly HashSet<(string Namespace, string Uid)> known = [];
    private readonly Queue<(string Namespace, string Uid)> oldestFirst = new();

    public bool Contains(string ns, string uid)
    {
        lock (gate) return known.Contains((ns, uid));
    }

    /// <summary>False when it was known.</summary>
    public bool Add(string ns, string uid)
    {
        lock (gate)
        {
            if (!known.Add((ns, uid))) return false;
            oldestFirst.Enqueue((ns, uid));
            if (oldestFirst.Count > Kept) known.Remove(oldestFirst.Dequeue());
            return true;
        }
    }
}

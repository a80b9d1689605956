namespace Dovetail.Machinery.Apply;

/// <summary>Keeps <c>managedFields</c> from growing with every client that ever wrote: the oldest <c>Update</c> entries become one.</summary>
internal static class AncientChanges
{
    /// <summary>Above this many <c>Update</c> entries the oldest of the same version are merged.</summary>
    public const int MaxUpdateManagers = 10;

    private const string Manager = "ancient-changes";

    /// <summary>Changes <paramref name="entries"/> and returns them. What is applied is never touched.</summary>
    public static List<ManagedFieldsEntry> Capped(List<ManagedFieldsEntry> entries)
    {
        var updaters = entries.Where(entry => !entry.Applied).ToList();
        var excess = updaters.Count - MaxUpdateManagers;
        if (excess <= 0) return entries;
        var oldest = new Dictionary<string, ManagedFieldsEntry>(StringComparer.Ordinal);
        foreach (var entry in updaters.OrderBy(entry => entry.Time, StringComparer.Ordinal).ThenBy(entry => entry.Manager, StringComparer.Ordinal))
        {
            if (excess <= 0) break;
            if (oldest.TryAdd(entry.ApiVersion, entry)) continue;
            var first = oldest[entry.ApiVersion];
            var bucket = new ManagedFieldsEntry { Manager = Manager, Applied = false, ApiVersion = entry.ApiVersion, Time = entry.Time, Fields = first.Fields.Union(entry.Fields) };
            entries.Remove(first);
            entries.Remove(entry);
            entries.Add(bucket);
            oldest[entry.ApiVersion] = bucket;
            excess--;
        }

        return entries;
    }
}

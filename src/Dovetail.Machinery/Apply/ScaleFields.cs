using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Apply;

/// <summary>Who owns the number of replicas, said of an object (<c>managedFields</c> of a Deployment) and of its Scale. Follows upstream's <c>managedfields.ScaleHandler</c>.</summary>
/// <param name="versions">The versions in which the object is served (<c>group/version</c>), each with the path of its number of replicas; an empty set where it has no scale subresource.</param>
public sealed class ScaleFields(IReadOnlyDictionary<string, FieldSet> versions)
{
    /// <summary>The kind that the scale subresource speaks.</summary>
    public const string ScaleVersion = "autoscaling/v1";

    private static readonly FieldSet Replicas = FieldSet.Of(["f:spec", "f:replicas"]);

    /// <summary>The entries of the object's Scale: of everybody who owns the number of replicas.</summary>
    public JsonArray OfScale(JsonNode? managedFields)
    {
        var owners = Distinct(managedFields).Where(entry => Path(entry.ApiVersion) is { IsEmpty: false } path && path.IsSubsetOf(entry.Fields));
        return ManagedFieldsEntry.WriteAll(owners.Select(owner => owner.Owning(Replicas, ScaleVersion)));
    }

    /// <summary>The object's entries after its Scale was written.</summary>
    /// <param name="managedFields">The object's entries before.</param>
    /// <param name="scaleFields">The Scale's entries now.</param>
    /// <param name="apiVersion">The version that the write was made in.</param>
    public JsonArray OfObject(JsonNode? managedFields, JsonNode? scaleFields, string apiVersion)
    {
        var owners = Distinct(scaleFields);
        var kept = new List<ManagedFieldsEntry>();
        foreach (var entry in Distinct(managedFields))
        {
            // Nobody knows what an entry of a version that is gone says.
            if (Path(entry.ApiVersion) is not { } path) continue;
            var owned = !path.IsEmpty && path.IsSubsetOf(entry.Fields);
            if (owned && owners.RemoveAll(entry.IsSameManager) == 0) entry.Fields = entry.Fields.Difference(path);
            kept.Add(entry);
        }

        var replicas = owners.Where(owner => Replicas.IsSubsetOf(owner.Fields)).Select(owner => owner.Owning(versions[apiVersion], apiVersion));
        // Who is named twice then (an updater that owns other fields, too) is known by what comes last: the object's entry.
        return ManagedFieldsEntry.WriteAll([.. replicas, .. kept]);
    }

    private FieldSet? Path(string apiVersion) => versions.GetValueOrDefault(apiVersion);

    /// <summary>Of a manager that is named twice the last entry counts, as upstream.</summary>
    private static List<ManagedFieldsEntry> Distinct(JsonNode? managedFields)
    {
        var entries = ManagedFieldsEntry.ReadAll(managedFields) ?? [];
        for (var i = entries.Count - 2; i >= 0; i--)
            if (entries.FindLastIndex(entries[i].IsSameManager) > i) entries.RemoveAt(i);
        return entries;
    }
}

using System.Runtime.CompilerServices;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Schemas;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Stored bytes as a version shows them: as they are in nearly every case, with another apiVersion for other versions (<c>None</c> conversion), and defaulted and pruned anew when the
/// schema has changed since they were written.</summary>
internal sealed class ObjectBytesReader
{
    private readonly ConditionalWeakTable<StoredObject, Normalised> normalised = [];

    /// <summary>No resource has more than one version whose fields differ from the stored one's.</summary>
    private readonly ConditionalWeakTable<StoredObject, byte[]> converted = [];

    public ObjectBytes View(ServedResource resource, StoredObject stored) => new(stored.Revision, Bytes(resource, stored));

    public ReadOnlyMemory<byte> Bytes(ServedResource resource, StoredObject stored)
    {
        var bytes = stored.SchemaGeneration == resource.SchemaGeneration ? stored.Bytes : Normalise(resource, stored);
        if (bytes.AsSpan().StartsWith(resource.Head)) return bytes;
        if (resource.Converts) return Convert(resource, stored);
        // Written through another version: everything behind the head is the same.
        var rest = bytes.AsSpan(bytes.AsSpan().IndexOf("\"metadata\":{"u8) + "\"metadata\":{"u8.Length);
        return (byte[])[.. resource.Head, .. rest];
    }

    private byte[] Convert(ServedResource resource, StoredObject stored)
    {
        if (converted.TryGetValue(stored, out var known)) return known;
        var obj = StoredJson.Tree(stored.Bytes);
        VersionConversion.FromStored(resource.BuiltIn!, obj);
        TypedForm.Apply(resource.Schema, obj);
        var bytes = ObjectRenderer.Render(obj, resource.Head).At(stored.Revision);
        converted.AddOrUpdate(stored, bytes);
        return bytes;
    }

    private byte[] Normalise(ServedResource resource, StoredObject stored)
    {
        if (normalised.TryGetValue(stored, out var known) && known.Generation == resource.SchemaGeneration) return known.Bytes;
        var obj = StoredJson.Tree(stored.Bytes);
        SchemaWalk.Run(resource.Schema, obj, SchemaPasses.PruneAndDefault);
        var bytes = ObjectRenderer.Render(obj, resource.StorageHead).At(stored.Revision);
        normalised.AddOrUpdate(stored, new(resource.SchemaGeneration, bytes));
        return bytes;
    }

    private sealed record Normalised(long Generation, byte[] Bytes);
}

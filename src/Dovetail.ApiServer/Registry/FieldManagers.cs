using System.Text.Json.Nodes;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Makes the field ownership of a request: of an ordinary write, or of a server-side apply.</summary>
internal sealed class FieldManagers(TimeProvider time)
{
    public FieldOwnership Update { get; } = new UnmanagedFields();

    public ApplyOwnership Apply(WriteContext write, ReadOnlyMemory<byte> patch)
    {
        _ = (time, patch);
        throw Refusals.VerbNotSupported(write.Target.Group, write.Target.Resource, "apply");
    }
}

internal sealed class UnmanagedFields : FieldOwnership
{
    public override void OnCreate(WriteContext write, JsonObject obj) => obj.Metadata().Remove("managedFields");

    public override void OnUpdate(WriteContext write, JsonObject obj, JsonObject old) => obj.Metadata().Remove("managedFields");
}

/// <summary>One server-side apply.</summary>
internal abstract class ApplyOwnership : FieldOwnership
{
    public abstract IReadOnlyList<string> Duplicates { get; }

    public abstract JsonObject NewObject();

    public abstract NextState Merge(StoredObject stored, JsonObject old);
}

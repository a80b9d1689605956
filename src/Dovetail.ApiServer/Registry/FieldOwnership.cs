using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry;

/// <summary>Keeps metadata.managedFields: who last set which field.</summary>
internal abstract class FieldOwnership
{
    public abstract void OnCreate(WriteContext write, JsonObject obj);

    public abstract void OnUpdate(WriteContext write, JsonObject obj, JsonObject old);
}

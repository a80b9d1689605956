using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>A volume remembers when its phase changed last.</summary>
internal sealed class PersistentVolumeStrategy : ResourceStrategy
{
    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        base.PrepareForCreate(resource, obj);
        if (obj.Child("status") is { } status) status["lastPhaseTransitionTime"] = obj.Metadata()["creationTimestamp"]?.DeepClone();
    }
}

using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>A deployment's annotations count as asked for (they go to its replica sets), and its status cannot relabel it.</summary>
internal sealed class DeploymentStrategy : ResourceStrategy
{
    public override bool SameDesire(ServedResource resource, JsonObject a, JsonObject b) =>
        base.SameDesire(resource, a, b) && JsonNode.DeepEquals(Annotations(a), Annotations(b));

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        base.PrepareForUpdate(resource, obj, old, subresource);
        if (subresource == "status") obj.Metadata().TakeFrom(old.Metadata(), "labels");
    }

    private static JsonObject? Annotations(JsonObject obj) => obj.Metadata().Child("annotations") is { Count: > 0 } annotations ? annotations : null;
}

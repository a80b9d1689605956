using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry.Strategies;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>The write that takes an object away, and its past with it where its kind wants that.</summary>
internal static class Deletion
{
    /// <param name="resource">Its resource.</param>
    /// <param name="stored">What is there.</param>
    /// <param name="last">The last state, which watchers see.</param>
    /// <param name="rendered"><paramref name="last"/> as bytes.</param>
    public static StoreWrite.Delete Of(ServedResource resource, StoredObject stored, JsonObject last, RenderedObject rendered)
    {
        var strategy = ResourceStrategy.Of(resource);
        if (!strategy.PurgesHistory) return new(stored.Key, Precondition.At(stored.Revision), rendered.At);
        var remnant = (JsonObject)last.DeepClone();
        strategy.Redact(remnant);
        return new(stored.Key, Precondition.At(stored.Revision), rendered.At, PurgeHistory: true, ObjectRenderer.Render(remnant, resource.StorageHead).At);
    }
}

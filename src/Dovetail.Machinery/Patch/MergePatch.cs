using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

/// <summary>JSON merge patch, RFC 7386: objects merge, null deletes, everything else replaces.</summary>
public static class MergePatch
{
    /// <summary>Returns the patched value. <paramref name="target"/> may be changed and reused; <paramref name="patch"/> is not.</summary>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();

        var result = target as JsonObject ?? new JsonObject();
        foreach (var (name, change) in changes)
        {
            if (change is null)
            {
                result.Remove(name);
                continue;
            }

            result.TryGetPropertyValue(name, out var current);
            var merged = Apply(current, change);
            if (!ReferenceEquals(merged, current)) result[name] = merged;
        }

        return result;
    }
}

using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Patch;

/// <summary>JSON merge patch, RFC 7386: objects merge, null deletes, everything else replaces. Where the object had nothing, or no object, nulls are left out of what comes in,
/// also inside lists, as the library does that Kubernetes uses.</summary>
public static class MergePatch
{
    /// <summary>Returns the patched object. <paramref name="target"/> is changed and reused; <paramref name="patch"/> is not.</summary>
    public static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, change) in patch)
        {
            if (change is null)
            {
                target.Remove(name);
                continue;
            }

            target.TryGetPropertyValue(name, out var current);
            if (current is not JsonObject existing) target[name] = WithoutNulls(change.DeepClone());
            else if (change is JsonObject changes) Apply(existing, changes);
            else target[name] = change.DeepClone();
        }

        return target;
    }

    /// <summary>Changes <paramref name="value"/> in place and returns it: fields of null go, at every depth; items of null stay.</summary>
    internal static JsonNode WithoutNulls(JsonNode value)
    {
        switch (value)
        {
            case JsonObject fields:
                for (var i = fields.Count - 1; i >= 0; i--)
                {
                    var (_, field) = fields.GetAt(i);
                    if (field is null) fields.RemoveAt(i);
                    else WithoutNulls(field);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                    if (item is not null) WithoutNulls(item);
                break;
        }

        return value;
    }
}

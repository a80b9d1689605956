using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Virt.VirtController;

/// <summary>The merge patch (RFC 7386) that leads from one state of an object to another. It names only what changes, so another writer's fields stay untouched,
/// and the revision that was looked at, so that a change in between is a conflict.</summary>
public static class MergeDiff
{
    /// <returns>Null when nothing changes.</returns>
    public static ReadOnlyMemory<byte>? Between<T>(ResourceType<T> type, T before, T after)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var patch = Of((JsonObject)JsonSerializer.SerializeToNode(before, type.Json)!, (JsonObject)JsonSerializer.SerializeToNode(after, type.Json)!);
        if (patch.Count == 0) return null;
        if (patch["metadata"] is not JsonObject metadata) patch["metadata"] = metadata = [];
        metadata["resourceVersion"] = before.Metadata.ResourceVersion;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) patch.WriteTo(writer);
        return buffer.WrittenMemory;
    }

    private static JsonObject Of(JsonObject before, JsonObject after)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in after)
        {
            if (value is JsonObject map && before[name] is JsonObject old)
            {
                var inner = Of(old, map);
                if (inner.Count > 0) patch[name] = inner;
            }
            else if (!JsonNode.DeepEquals(before[name], value))
            {
                patch[name] = value?.DeepClone();
            }
        }

        foreach (var (name, _) in before)
            if (!after.ContainsKey(name))
                patch[name] = null;
        return patch;
    }
}

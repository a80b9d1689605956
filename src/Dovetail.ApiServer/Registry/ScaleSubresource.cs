using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary><c>autoscaling/v1 Scale</c>: the number of replicas of whatever has one.</summary>
internal sealed class ScaleSubresource(ObjectReader reader, ObjectWriter writer)
{
    private static readonly ScalePaths BuiltInPaths = new(".spec.replicas", ".status.replicas", ".spec.selector");

    public ObjectBytes Get(ServedResource resource, ObjectTarget target)
    {
        var stored = reader.Get(resource, target, "");
        return new(stored.Revision, ObjectRenderer.Bytes(ScaleOf(resource, StoredJson.Tree(stored.Json.Span))));
    }

    public ValueTask<WriteResult> UpdateAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct)
    {
        var (scale, _) = BodyDecoder.Decode(write, json, "Scale", "autoscaling/v1");
        BodyDecoder.RequireIdentity(write, scale, named: true);
        return WriteAsync(write, _ => scale, ownership, ct);
    }

    public ValueTask<WriteResult> PatchAsync(WriteContext write, PatchType type, ReadOnlyMemory<byte> patch, FieldOwnership ownership, CancellationToken ct)
    {
        // Apply to scale is a merge for whoever owns nothing else of it.
        if (type == PatchType.ApplyYaml) throw Refusals.BadRequest("apply patches are not taken by the scale subresource; use a merge patch");
        var read = Patches.Read(type == PatchType.StrategicMerge ? PatchType.Merge : type, patch.Span, null);
        return WriteAsync(write, scale => read.Apply(scale) as JsonObject ?? throw Refusals.BadRequest("the patch leaves no Scale"), ownership, ct);
    }

    private async ValueTask<WriteResult> WriteAsync(WriteContext write, Func<JsonObject, JsonObject> next, FieldOwnership ownership, CancellationToken ct)
    {
        var paths = write.Resource.Scale ?? BuiltInPaths;
        NextState Scaled(StoredObject stored, JsonObject old)
        {
            var before = ScaleOf(write.Resource, old);
            var scale = next(before);
            if (scale.Child("spec")?.Number("replicas") is not ({ } replicas and >= 0))
                throw Refusals.Invalid("autoscaling", "Scale", write.Target.Name, [new StatusCause("FieldValueInvalid", "Invalid value: must be a number greater than or equal to 0", "spec.replicas")]);
            var obj = (JsonObject)old.DeepClone();
            Set(obj, paths.SpecReplicas, ObjectMeta.Long(replicas));
            var named = scale.Metadata().Text("resourceVersion");
            return new(obj, named.Length == 0 || named == before.Metadata().Text("resourceVersion") ? null : ObjectReader.Revision(named), []);
        }

        var result = await writer.UpdateAsync(write, Scaled, ownership, ct);
        return result with { Object = new(result.Object.Revision, ObjectRenderer.Bytes(ScaleOf(write.Resource, StoredJson.Tree(result.Object.Json.Span)))) };
    }

    private static JsonObject ScaleOf(ServedResource resource, JsonObject obj)
    {
        var paths = resource.Scale ?? BuiltInPaths;
        var metadata = new JsonObject();
        foreach (var name in new[] { "name", "namespace", "uid", "resourceVersion", "creationTimestamp" }) metadata.TakeFrom(obj.Metadata(), name);
        var selector = paths.LabelSelector.Length == 0 ? null : At(obj, paths.LabelSelector);
        var status = new JsonObject { ["replicas"] = At(obj, paths.StatusReplicas)?.DeepClone() ?? ObjectMeta.Long(0) };
        if (selector is JsonObject structured) status["selector"] = LabelSelector.FromObject(structured).ToString();
        else if (selector is JsonValue text && text.GetValueKind() == JsonValueKind.String) status["selector"] = text.DeepClone();
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["replicas"] = At(obj, paths.SpecReplicas)?.DeepClone() ?? ObjectMeta.Long(0) },
            ["status"] = status,
        };
    }

    private static string[] Steps(string path) => path.TrimStart('.').Split('.');

    private static JsonNode? At(JsonObject obj, string path)
    {
        JsonNode? node = obj;
        foreach (var step in Steps(path)) node = (node as JsonObject)?[step];
        return node;
    }

    private static void Set(JsonObject obj, string path, JsonNode value)
    {
        var steps = Steps(path);
        foreach (var step in steps[..^1])
        {
            if (obj[step] is not JsonObject child) obj[step] = child = [];
            obj = child;
        }

        obj[steps[^1]] = value;
    }
}

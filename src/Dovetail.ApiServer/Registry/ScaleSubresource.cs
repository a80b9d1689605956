using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Schemas;
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
        var obj = StoredJson.Tree(stored.Json.Span);
        if (resource.Scale is { } own && ScalePaths.At(obj, own.SpecReplicas) is null) throw Refusals.Internal($"the spec replicas field \"{own.SpecReplicas}\" does not exist");
        return new(stored.Revision, ObjectRenderer.Bytes(ScaleOf(resource, obj)));
    }

    public ValueTask<WriteResult> UpdateAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct)
    {
        var (scale, _) = BodyDecoder.Decode(write, json, "Scale", "autoscaling/v1");
        BodyDecoder.RequireIdentity(write, scale, named: true);
        return WriteAsync(write, (_, _) => scale, ownership, ct);
    }

    public ValueTask<WriteResult> PatchAsync(WriteContext write, PatchType type, ReadOnlyMemory<byte> patch, FieldOwnership ownership, CancellationToken ct)
    {
        // Whose fields an apply would take here are the object's own under another name (upstream: managedfields.ScaleHandler), which nobody keeps yet.
        if (type == PatchType.ApplyYaml) throw Refusals.BadRequest("apply patches are not taken by the scale subresource; use a merge patch");
        var read = Patches.Read(type == PatchType.StrategicMerge ? PatchType.Merge : type, patch.Span, null);
        return WriteAsync(write, Patched, ownership, ct);

        JsonObject Patched(JsonObject before, JsonObject old)
        {
            var scale = read.Apply(before) as JsonObject ?? throw Refusals.BadRequest("the patch leaves no Scale");
            // Nothing there, and nothing said: upstream marks that by a number that nobody can ask for.
            if (write.Resource.Scale is { } own && ScalePaths.At(old, own.SpecReplicas) is null && scale.Child("spec")?["replicas"] is null) throw Refusals.BadRequest($"the spec replicas field \"{own.SpecReplicas}\" cannot be empty");
            return scale;
        }
    }

    private async ValueTask<WriteResult> WriteAsync(WriteContext write, Func<JsonObject, JsonObject, JsonObject> next, FieldOwnership ownership, CancellationToken ct)
    {
        var paths = write.Resource.Scale ?? BuiltInPaths;
        var result = await writer.UpdateAsync(write, Scaled, ownership, ct);
        return result with { Object = new(result.Object.Revision, ObjectRenderer.Bytes(ScaleOf(write.Resource, StoredJson.Tree(result.Object.Json.Span)))) };

        NextState Scaled(StoredObject stored, JsonObject old)
        {
            var before = ScaleOf(write.Resource, old);
            var scale = next(before, old);
            var (uid, named) = (scale.Metadata().Text("uid"), scale.Metadata().Text("resourceVersion"));
            new Preconditions(uid, "").Require(write.Target, old);
            var obj = (JsonObject)old.DeepClone();
            ScalePaths.Set(obj, paths.SpecReplicas, ObjectMeta.Long(Replicas(write, scale.Child("spec")?["replicas"])));
            return new(obj, named.Length == 0 || named == before.Metadata().Text("resourceVersion") ? null : ObjectReader.Revision(named), []);
        }
    }

    /// <summary>The number that is asked for; none is 0, as Go reads it.</summary>
    /// <exception cref="StatusException">400: no number of 32 bits. 422: less than none (a custom resource's own rules say so).</exception>
    private static int Replicas(WriteContext write, JsonNode? asked)
    {
        if (asked is null) return 0;
        if (!int.TryParse(asked.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var replicas))
            throw Refusals.BadRequest($"Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal {ObjectPatch.TypeWord(asked)} into Go struct field ScaleSpec.spec.replicas of type int32");
        if (replicas < 0 && !write.Resource.Custom)
            throw Refusals.Invalid("autoscaling", "Scale", write.Target.Name, [FieldErrors.Invalid("spec.replicas", ObjectMeta.Long(replicas), "must be greater than or equal to 0")]);
        return replicas;
    }

    private static JsonObject ScaleOf(ServedResource resource, JsonObject obj)
    {
        var paths = resource.Scale ?? BuiltInPaths;
        var metadata = new JsonObject();
        foreach (var name in new[] { "name", "namespace", "uid", "resourceVersion", "creationTimestamp" }) metadata.TakeFrom(obj.Metadata(), name);
        var spec = new JsonObject();
        if (ScalePaths.At(obj, paths.SpecReplicas) is { } replicas && replicas.ToJsonString() != "0") spec["replicas"] = replicas.DeepClone();
        var status = new JsonObject { ["replicas"] = ScalePaths.At(obj, paths.StatusReplicas)?.DeepClone() ?? ObjectMeta.Long(0) };
        if (Selector(resource, paths, obj) is { Length: > 0 } selector) status["selector"] = selector;
        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    private static string Selector(ServedResource resource, ScalePaths paths, JsonObject obj) => (paths.LabelSelector.Length == 0 ? null : ScalePaths.At(obj, paths.LabelSelector)) switch
    {
        // Replication controllers are older than selectors with operators.
        JsonObject labels when resource.StoreName == "replicationcontrollers" => LabelSelector.FromLabels(labels.Select(l => KeyValuePair.Create(l.Key, labels.Text(l.Key)))).ToString(),
        JsonObject structured => LabelSelector.FromObject(structured).ToString(),
        JsonValue text when text.TryGetValue(out string? own) => own,
        _ => "",
    };
}

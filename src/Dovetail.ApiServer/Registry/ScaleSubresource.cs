using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Apply;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary><c>autoscaling/v1 Scale</c>: the number of replicas of whatever has one.</summary>
internal sealed class ScaleSubresource(ObjectReader reader, ObjectWriter writer, FieldManagers fields, Func<ResourceCatalog> catalog)
{
    private static readonly ScalePaths BuiltInPaths = new(".spec.replicas", ".status.replicas", ".spec.selector");

    public ObjectBytes Get(ServedResource resource, ObjectTarget target)
    {
        var stored = reader.Get(resource, target, "");
        var obj = StoredJson.Tree(stored.Json.Span);
        if (resource.Scale is { } own && ScalePaths.At(obj, own.SpecReplicas) is null) throw Refusals.Internal($"the spec replicas field \"{own.SpecReplicas}\" does not exist");
        return new(stored.Revision, ObjectRenderer.Bytes(ScaleOf(resource, obj)));
    }

    public ValueTask<WriteResult> UpdateAsync(WriteContext write, ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        write.BodyKind = new("autoscaling", "v1", "Scale");
        var (scale, duplicates) = BodyDecoder.Decode(write, json, "Scale", "autoscaling/v1");
        Number(write, scale);
        BodyDecoder.RequireFields(write, scale, duplicates);
        BodyDecoder.RequireIdentity(write, scale, named: true);
        return WriteAsync(write, (_, _, _) => scale, fields.Update, null, ct);
    }

    public ValueTask<WriteResult> PatchAsync(WriteContext write, PatchType type, ReadOnlyMemory<byte> patch, CancellationToken ct)
    {
        if (type == PatchType.ApplyYaml) return ApplyAsync(write, patch, ct);
        var read = Patches.Read(type == PatchType.StrategicMerge ? PatchType.Merge : type, patch.Span, null);
        return WriteAsync(write, Patched, fields.Update, null, ct);

        JsonObject Patched(StoredObject stored, JsonObject before, JsonObject old)
        {
            var scale = read.Apply(before) as JsonObject ?? throw Refusals.BadRequest("the patch leaves no Scale");
            // Nothing there, and nothing said: upstream marks that by a number that nobody can ask for.
            if (write.Resource.Scale is { } own && ScalePaths.At(old, own.SpecReplicas) is null && scale.Child("spec")?["replicas"] is null) throw Refusals.BadRequest($"the spec replicas field \"{own.SpecReplicas}\" cannot be empty");
            return scale;
        }
    }

    private ValueTask<WriteResult> ApplyAsync(WriteContext write, ReadOnlyMemory<byte> configuration, CancellationToken ct)
    {
        var applied = fields.ApplyScale(write, configuration);
        var owners = new ScaleFields(Versions(write.Resource));
        return WriteAsync(write, Laid, applied, owners, ct);

        JsonObject Laid(StoredObject stored, JsonObject before, JsonObject old)
        {
            before.Metadata()["managedFields"] = owners.OfScale(old.Metadata()["managedFields"]);
            return applied.Merge(stored, before).Object;
        }
    }

    /// <summary>Where each served version keeps the number of replicas, as a path of fields that are owned.</summary>
    private Dictionary<string, FieldSet> Versions(ServedResource resource)
    {
        return catalog().Resources.Where(r => r.Group == resource.Group && r.Plural == resource.Plural).ToDictionary(r => r.ApiVersion, Path);

        static FieldSet Path(ServedResource version) => version.Subresources.ContainsKey("scale")
            ? FieldSet.Of([.. ScalePaths.Steps((version.Scale ?? BuiltInPaths).SpecReplicas).Select(step => $"f:{step}")])
            : FieldSet.Empty;
    }

    /// <param name="write">The request.</param>
    /// <param name="next">Makes the Scale that is asked for of the stored object, its Scale and the object itself.</param>
    /// <param name="ownership">Who owns what afterwards, when <paramref name="owners"/> is null.</param>
    /// <param name="owners">Takes the ownership from the Scale.</param>
    /// <param name="ct">Ends it.</param>
    private async ValueTask<WriteResult> WriteAsync(WriteContext write, Func<StoredObject, JsonObject, JsonObject, JsonObject> next, FieldOwnership ownership, ScaleFields? owners, CancellationToken ct)
    {
        var paths = write.Resource.Scale ?? BuiltInPaths;
        var result = await writer.UpdateAsync(write, Scaled, ownership, ct);
        return result with { Object = new(result.Object.Revision, ObjectRenderer.Bytes(ScaleOf(write.Resource, StoredJson.Tree(result.Object.Json.Span)))) };

        NextState Scaled(StoredObject stored, JsonObject old)
        {
            var before = ScaleOf(write.Resource, old);
            var scale = next(stored, before, old);
            var (uid, named) = (scale.Metadata().Text("uid"), scale.Metadata().Text("resourceVersion"));
            new Preconditions(uid, "").Require(write.Target with { Resource = $"{write.Target.Resource}/scale" }, old);
            var obj = (JsonObject)old.DeepClone();
            ScalePaths.Set(obj, paths.SpecReplicas, ObjectMeta.Long(Replicas(write, scale)));
            if (owners is not null) obj.Metadata()["managedFields"] = owners.OfObject(old.Metadata()["managedFields"], scale.Metadata()["managedFields"], write.Resource.ApiVersion);
            return new(obj, named.Length == 0 || named == before.Metadata().Text("resourceVersion") ? null : ObjectReader.Revision(named), []);
        }
    }

    /// <summary>The number that is asked for; none is 0, as Go reads it.</summary>
    /// <exception cref="StatusException">400: no number of 32 bits. 422: less than none (a custom resource's own rules say so).</exception>
    private static int Replicas(WriteContext write, JsonObject scale)
    {
        var replicas = Number(write, scale);
        if (replicas < 0 && !write.Resource.Custom)
            throw Refusals.Invalid("autoscaling", "Scale", write.Target.Name, [FieldErrors.Invalid("spec.replicas", ObjectMeta.Long(replicas), "must be greater than or equal to 0")]);
        return replicas;
    }

    private static int Number(WriteContext write, JsonObject scale)
    {
        if (scale.Child("spec")?["replicas"] is not { } asked) return 0;
        return int.TryParse(asked.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var replicas)
            ? replicas
            : throw Refusals.BadRequest($"Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal {ObjectPatch.TypeWord(asked)} into Go struct field ScaleSpec.spec.replicas of type int32");
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

using System.Text.Json.Nodes;
using System.Text.Json;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>Reads the object of a create or update and checks that it is the one that the path names.</summary>
internal static class BodyDecoder
{
    private static readonly (string Name, Schema Schema)[] Overwritten = OfObjectMeta("name", "namespace", "uid", "resourceVersion", "selfLink", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds");

    /// <exception cref="StatusException">400: no JSON object, another kind or version, another name or namespace.</exception>
    public static (JsonObject Object, IReadOnlyList<string> Duplicates) Decode(WriteContext write, ReadOnlyMemory<byte> json, string kind, string apiVersion)
    {
        ReadJson decoded;
        try
        {
            decoded = JsonObjectReader.Read(json.Span);
        }
        catch (JsonException e)
        {
            throw Refusals.BadRequest($"the object provided is unrecognized (must be of type {write.Resource.Kind}): couldn't get version/kind; json parse error: {e.Message}");
        }

        if (decoded.Root is not JsonObject obj)
            throw Refusals.BadRequest($"the object provided is unrecognized (must be of type {write.Resource.Kind}): couldn't get version/kind; json parse error: the body is no JSON object");
        RequireKind(write, obj, kind, apiVersion);
        if (!write.Resource.Custom) RequireTypedMetadata(write, obj);
        return (obj, decoded.DuplicateFields.Count == 0 ? [] : [.. decoded.DuplicateFields.Select(SchemaReport.DuplicateFieldMessage)]);
    }

    /// <summary>Reads a body that is acted upon and not stored: a Scale, a binding, an eviction, a token request, a review. Nothing in it is ignored in silence.</summary>
    /// <exception cref="StatusException">400: as <see cref="Decode"/>, an ill-typed field, or with <c>fieldValidation=Strict</c> one that the kind does not have.</exception>
    public static JsonObject DecodeAs(WriteContext write, ReadOnlyMemory<byte> json, GroupVersionKind kind)
    {
        write.BodyKind = kind;
        var (obj, duplicates) = Decode(write, json, kind.Kind, kind.Group.Length == 0 ? kind.Version : $"{kind.Group}/{kind.Version}");
        RequireFields(write, obj, duplicates);
        return obj;
    }

    /// <summary>Judges the fields of a body by the schema of its kind, and drops those that it does not have.</summary>
    public static void RequireFields(WriteContext write, JsonObject obj, IReadOnlyList<string> duplicates)
    {
        var schema = SchemaOf(write);
        var report = SchemaWalk.Run(schema, obj, SchemaPasses.Prune | SchemaPasses.Validate);
        FieldValidation.RequireTyped(write, schema, obj, report);
        FieldValidation.Judge(write, duplicates, report.UnknownFields);
    }

    /// <summary>Fills in what the path says (kind, apiVersion, namespace) and refuses what contradicts it.</summary>
    public static void RequireKind(WriteContext write, JsonObject obj, string kind, string apiVersion)
    {
        var (givenKind, givenVersion) = (obj.Text("kind"), obj.Text("apiVersion"));
        // Upstream takes typed kinds without kind and apiVersion; custom resources must say what they are.
        if (write.Resource.Custom && givenKind.Length == 0) throw Refusals.BadRequest("Object 'Kind' is missing in the request body");
        if (write.Resource.Custom && givenVersion.Length == 0) throw Refusals.BadRequest("Object 'apiVersion' is missing in the request body");
        if (givenVersion.Length > 0 && givenVersion != apiVersion)
            throw Refusals.BadRequest($"the API version in the data ({givenVersion}) does not match the expected API version ({apiVersion})");
        if (givenKind.Length > 0 && givenKind != kind)
            throw Refusals.BadRequest($"{givenKind} in version \"{write.Resource.Version}\" cannot be handled as a {kind}: no kind \"{givenKind}\" is registered for this resource");
        obj["kind"] = kind;
        obj["apiVersion"] = apiVersion;
        if (obj["metadata"] is { } metadata and not JsonObject) throw write.Resource.Custom ? Refusals.BadRequest($"{write.DecodePrefix}metadata must be an object") : IllTyped(write, new() { ["metadata"] = metadata.DeepClone() });
    }

    /// <exception cref="StatusException">400: namespace or name contradict the path.</exception>
    public static void RequireIdentity(WriteContext write, JsonObject obj, bool named)
    {
        var metadata = obj.Metadata();
        if (write.Resource.Namespaced)
        {
            var ns = metadata.Text("namespace");
            if (ns.Length > 0 && ns != write.Target.Namespace) throw Refusals.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
            metadata["namespace"] = write.Target.Namespace;
        }
        else if (metadata.Text("namespace").Length == 0)
        {
            metadata.Remove("namespace");
        }
        else
        {
            throw Refusals.BadRequest("namespace may not be set on an object of a cluster-scoped resource");
        }

        if (!named) return;
        var name = metadata.Text("name");
        if (name.Length == 0) metadata["name"] = write.Target.Name;
        else if (name != write.Target.Name) throw Refusals.BadRequest($"the name of the object ({name}) does not match the name on the URL ({write.Target.Name})");
    }

    /// <summary>What the server or the path decides is looked at before it is overwritten: an ill-typed one is refused as any other.</summary>
    private static void RequireTypedMetadata(WriteContext write, JsonObject obj)
    {
        if (obj["metadata"] is not JsonObject metadata) return;
        foreach (var (name, schema) in Overwritten)
        {
            if (metadata[name] is { } value && !GoDecoding.Fits(schema, value)) throw IllTyped(write, obj);
        }
    }

    private static StatusException IllTyped(WriteContext write, JsonObject obj) => FieldValidation.NotDecoded(write, GoDecoding.Fault(SchemaOf(write), obj)!);

    private static Schema SchemaOf(WriteContext write) => BuiltInSchemas.Get(BuiltInSchemas.DefinitionNameOf(write.BodyKind)!);

    private static (string, Schema)[] OfObjectMeta(params string[] names)
    {
        var schema = BuiltInSchemas.Get("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
        return [.. names.Select(name => (name, schema.Properties.Find(name)!))];
    }
}

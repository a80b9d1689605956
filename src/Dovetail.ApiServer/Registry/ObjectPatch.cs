using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>JSON, merge and strategic merge patches as a step from the stored object to the next.</summary>
internal static class ObjectPatch
{
    /// <exception cref="StatusException">400, 413, 415: what is no patch, or none for this resource.</exception>
    public static Func<StoredObject, JsonObject, NextState> Of(WriteContext write, PatchType type, ReadOnlyMemory<byte> patch)
    {
        var read = Patches.Read(type, patch.Span, write.Resource.Custom ? null : write.Resource.Schema);
        return (stored, old) =>
        {
            var patched = read.Apply(old);
            // Upstream quotes what it could not decode: the patched object, and of a strategic merge the patch.
            write.Patched = () => type == PatchType.StrategicMerge ? GoFormat.Value(read.Document) : patched?.ToJsonString() ?? "null";
            write.Strategic = type == PatchType.StrategicMerge;
            if (patched is not JsonObject next) throw NoObject(write, patched);
            RequireSameType(write, next);
            RequireSameName(write, next, old);
            return new(next, Revision(write, next, old), read.Findings);
        };
    }

    /// <summary>A patch that sets resourceVersion makes its success depend on it; one that leaves it alone does not.</summary>
    public static long? Revision(WriteContext write, JsonObject next, JsonObject old)
    {
        var named = next.Metadata().Text("resourceVersion");
        if (named == old.Metadata().Text("resourceVersion")) return null;
        return named is "" or "0" ? RevisionRules.Unnamed(write) : RevisionRules.Parse(named);
    }

    /// <exception cref="StatusException">400: a patch that would rename the object or move it.</exception>
    public static void RequireSameName(WriteContext write, JsonObject next, JsonObject old)
    {
        var (now, before) = (next.Metadata(), old.Metadata());
        if (now.Text("namespace").Length == 0) now.TakeFrom(before, "namespace");
        if (now.Text("namespace") != before.Text("namespace"))
            throw Refusals.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        var name = now.Text("name");
        if (name.Length == 0) throw Refusals.BadRequest($"the name of the object ({write.Target.Name} based on URL) was undeterminable: name must be provided");
        if (name != before.Text("name")) throw Refusals.BadRequest($"the name of the object ({name}) does not match the name on the URL ({write.Target.Name})");
    }

    private static void RequireSameType(WriteContext write, JsonObject next)
    {
        var (kind, apiVersion) = (next.Text("kind"), next.Text("apiVersion"));
        if (next["metadata"] is not (null or JsonObject)) throw FieldValidation.NotDecoded(write, $"json: cannot unmarshal {TypeWord(next["metadata"])} into Go struct field ObjectMeta.metadata of type v1.ObjectMeta");
        if (kind == write.Resource.Kind && apiVersion == write.Resource.ApiVersion) return;
        if (kind.Length == 0) throw FieldValidation.NotDecoded(write, $"Object 'Kind' is missing in '{write.Patched!()}'");
        if (!write.Resource.Custom) throw FieldValidation.NotDecoded(write, $"no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"");
        List<StatusCause> causes = [];
        if (kind != write.Resource.Kind) causes.Add(Machinery.Schemas.FieldErrors.Invalid("kind", kind, $"must be {write.Resource.Kind}"));
        if (apiVersion != write.Resource.ApiVersion) causes.Add(Machinery.Schemas.FieldErrors.Invalid("apiVersion", apiVersion, $"must be {write.Resource.ApiVersion}"));
        throw Refusals.Invalid(write.Resource.Group, write.Resource.Kind, write.Target.Name, causes);
    }

    private static StatusException NoObject(WriteContext write, JsonNode? patched) => FieldValidation.NotDecoded(
        write,
        $"couldn't get version/kind; json parse error: json: cannot unmarshal {TypeWord(patched)} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}");

    internal static string TypeWord(JsonNode? node) => node switch
    {
        JsonObject => "object",
        JsonArray => "array",
        null => "null",
        _ => node.GetValueKind() switch { System.Text.Json.JsonValueKind.String => "string", System.Text.Json.JsonValueKind.Number => "number", _ => "bool" },
    };
}

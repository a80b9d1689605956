using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>JSON, merge and strategic merge patches as a step from the stored object to the next.</summary>
internal static class ObjectPatch
{
    public static Func<StoredObject, JsonObject, NextState> Of(WriteContext write, PatchType type, ReadOnlyMemory<byte> patch)
    {
        var schema = write.Resource.Custom ? null : write.Resource.Schema;
        return (stored, old) =>
        {
            var next = Patches.Apply(type, old, patch.Span, schema);
            BodyDecoder.RequireKind(write, next, write.Resource.Kind, write.Resource.ApiVersion);
            RequireSameName(write, next, old);
            // A patch that sets resourceVersion makes its success depend on it; one that leaves it alone does not.
            var named = next.Metadata().Text("resourceVersion");
            return new(next, named.Length == 0 || named == old.Metadata().Text("resourceVersion") ? null : ObjectReader.Revision(named), []);
        };
    }

    /// <exception cref="StatusException">400: a patch that would rename the object or move it.</exception>
    internal static void RequireSameName(WriteContext write, JsonObject next, JsonObject old)
    {
        var (now, before) = (next.Metadata(), old.Metadata());
        if (now.Text("name") != before.Text("name"))
            throw Refusals.BadRequest($"the name of the object ({now.Text("name")}) does not match the name on the URL ({write.Target.Name})");
        if (now.Text("namespace") != before.Text("namespace"))
            throw Refusals.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
    }
}

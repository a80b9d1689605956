using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Patch;

/// <summary>The three patches that need no field manager, by their media type. Server-side apply is <c>Apply.FieldManager</c>.</summary>
public static class Patches
{
    public const string JsonMediaType = "application/json-patch+json";
    public const string MergeMediaType = "application/merge-patch+json";
    public const string StrategicMergeMediaType = "application/strategic-merge-patch+json";
    public const string ApplyYamlMediaType = "application/apply-patch+yaml";

    /// <summary>What a custom resource accepts: no strategic merge, as its Go type is not known upstream.</summary>
    public static IReadOnlyList<string> CustomResourceMediaTypes { get; } = [JsonMediaType, MergeMediaType, ApplyYamlMediaType];

    public static IReadOnlyList<string> BuiltInMediaTypes { get; } = [JsonMediaType, MergeMediaType, StrategicMergeMediaType, ApplyYamlMediaType];

    /// <summary>Returns the patched object; neither <paramref name="current"/> nor the patch is changed.
    /// Refusals: 400 for a patch that cannot be read or does not fit, 415 for a strategic merge without <paramref name="schema"/> (custom resources), 422 for a JSON patch that does not apply.</summary>
    public static JsonObject Apply(PatchType type, JsonObject current, ReadOnlySpan<byte> patch, Schema? schema)
    {
        if (type == PatchType.StrategicMerge && schema is null) throw PatchErrors.UnsupportedMediaType(CustomResourceMediaTypes);
        var document = Parse(patch);
        var copy = (JsonObject)current.DeepClone();
        var result = type switch
        {
            PatchType.Json => JsonPatch.Parse(document).Apply(copy),
            PatchType.Merge => MergePatch.Apply(copy, AsObject(document)),
            PatchType.StrategicMerge => StrategicMergePatch.Apply(copy, AsObject(document), schema!),
            PatchType.ApplyYaml => throw new ArgumentException("an apply patch goes to the FieldManager", nameof(type)),
        };
        return result as JsonObject ?? throw PatchErrors.Unprocessable("the patch leaves no object");
    }

    private static JsonObject AsObject(JsonNode? document) =>
        document as JsonObject ?? throw PatchErrors.BadRequest("error decoding patch: the patch is not a JSON object");

    private static JsonNode? Parse(ReadOnlySpan<byte> patch)
    {
        try
        {
            return JsonNode.Parse(patch, documentOptions: new JsonDocumentOptions { MaxDepth = 512 });
        }
        catch (JsonException e)
        {
            throw PatchErrors.BadRequest($"error decoding patch: {e.Message}");
        }
        catch (ArgumentException e)
        {
            throw PatchErrors.BadRequest($"error decoding patch: {e.Message}");
        }
    }
}

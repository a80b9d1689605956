using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Patch;

/// <summary>A patch that has been read: it can be laid over any object, again and again.</summary>
public sealed class ReadPatch
{
    private readonly Func<JsonObject, JsonNode?> apply;

    internal ReadPatch(Func<JsonObject, JsonNode?> apply, JsonNode? document, IReadOnlyList<string> findings)
    {
        this.apply = apply;
        Document = document;
        Findings = findings;
    }

    public JsonNode? Document { get; }

    /// <summary>What a strict decoder says of the patch itself: fields given twice, fields that no operation has.</summary>
    public IReadOnlyList<string> Findings { get; }

    /// <summary>The patched object, which a JSON patch may have replaced by anything; <paramref name="current"/> is not changed.</summary>
    /// <exception cref="Errors.StatusException">400 or 500 for a strategic merge that does not fit, 422 for a JSON patch that does not apply.</exception>
    public JsonNode? Apply(JsonObject current) => apply((JsonObject)current.DeepClone());
}

/// <summary>The three patches that need no field manager, by their media type. Server-side apply is <c>Apply.FieldManager</c>.</summary>
public static class Patches
{
    public const string JsonMediaType = "application/json-patch+json";
    public const string MergeMediaType = "application/merge-patch+json";
    public const string StrategicMergeMediaType = "application/strategic-merge-patch+json";
    public const string ApplyYamlMediaType = "application/apply-patch+yaml";

    /// <summary>What a custom resource accepts: no strategic merge, as its Go type is not known upstream.</summary>
    public static IReadOnlyList<string> CustomResourceMediaTypes { get; } = [JsonMediaType, MergeMediaType, ApplyYamlMediaType];

    /// <summary>Reads a patch. Refusals: 400 for what is no patch, 413 for too many operations, 415 for a strategic merge without <paramref name="schema"/> (custom resources).</summary>
    public static ReadPatch Read(PatchType type, ReadOnlySpan<byte> patch, Schema? schema)
    {
        if (type == PatchType.StrategicMerge && schema is null) throw PatchErrors.UnsupportedMediaType(CustomResourceMediaTypes);
        var read = Parse(patch, type == PatchType.StrategicMerge ? "" : "error decoding patch: ");
        switch (type)
        {
            case PatchType.Json:
                var operations = JsonPatch.Parse(read.Root);
                var duplicates = read.DuplicateFields.Select(path => "json patch " + SchemaReport.DuplicateFieldMessage(path));
                return new ReadPatch(operations.Apply, read.Root, [.. duplicates, .. operations.UnknownFields.Select(path => "json patch " + SchemaReport.UnknownFieldMessage(path))]);
            case PatchType.Merge:
                var merge = AsObject(read.Root, "error decoding patch: ") ?? throw PatchErrors.BadRequest("Invalid JSON Patch");
                return new ReadPatch(current => MergePatch.Apply(current, merge), merge, Duplicates(read));
            case PatchType.StrategicMerge:
                var strategic = AsObject(read.Root, "") ?? [];
                return new ReadPatch(current => StrategicMergePatch.Apply(current, strategic, schema!), strategic, Duplicates(read));
            case PatchType.ApplyYaml:
            default:
                throw new ArgumentException("an apply patch goes to the FieldManager", nameof(type));
        }
    }

    private static List<string> Duplicates(ReadJson read) => read.DuplicateFields.Count == 0 ? [] : [.. read.DuplicateFields.Select(SchemaReport.DuplicateFieldMessage)];

    private static JsonObject? AsObject(JsonNode? document, string prefix) => document switch
    {
        null => null,
        JsonObject fields => fields,
        _ => throw PatchErrors.BadRequest($"{prefix}json: cannot unmarshal {PatchErrors.GoKind(document)} into Go value of type map[string]interface {{}}"),
    };

    private static ReadJson Parse(ReadOnlySpan<byte> patch, string prefix)
    {
        try
        {
            return JsonObjectReader.Read(patch);
        }
        catch (JsonException e)
        {
            throw PatchErrors.BadRequest($"{prefix}{GoJsonError.Of(patch) ?? e.Message}");
        }
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Crds;

/// <summary>What every custom resource is judged by beyond its schema (upstream: <c>registry/customresource</c>): the numbers that its scale subresource shows, and names of finalizers.</summary>
internal static class CustomResourceRules
{
    private static readonly string[] KnownFinalizers = ["orphan", "foregroundDeletion", "kubernetes"];

    public static void Validate(ServedResource resource, JsonObject obj, string subresource, List<StatusCause> causes)
    {
        // A status write is judged by its status alone.
        if (subresource == "status") causes.RemoveAll(static cause => !IsStatus(cause));
        if (resource.Scale is not { } scale) return;
        if (subresource != "status") Replicas(obj, scale.SpecReplicas, causes);
        Replicas(obj, scale.StatusReplicas, causes);
        if (scale.LabelSelector.Length > 0 && ScalePaths.At(obj, scale.LabelSelector) is { } selector && selector.GetValueKind() != System.Text.Json.JsonValueKind.String)
            causes.Add(FieldErrors.Invalid(scale.LabelSelector, "", $"{scale.LabelSelector} accessor error: {GoValue(selector)} is of the type {GoType(selector)}, expected string"));
    }

    /// <summary>Finalizers that this write adds and that may meet somebody else's.</summary>
    public static void Warn(JsonObject obj, JsonObject? old, List<string> warnings)
    {
        if (obj.Metadata()["finalizers"] is null) return;
        var before = old?.Metadata().Strings("finalizers").ToHashSet() ?? [];
        foreach (var finalizer in obj.Metadata().Strings("finalizers").Where(f => !before.Contains(f)).Order(StringComparer.Ordinal))
        {
            if (finalizer.Contains('/', StringComparison.Ordinal) || KnownFinalizers.Contains(finalizer)) continue;
            var how = finalizer.Contains('.', StringComparison.Ordinal) ? "name including a path (/)" : "name";
            warnings.Add($"metadata.finalizers: \"{finalizer}\": prefer a domain-qualified finalizer {how} to avoid accidental conflicts with other finalizer writers");
        }
    }

    private static bool IsStatus(StatusCause cause) =>
        cause.Field is "status" || cause.Field.StartsWith("status.", StringComparison.Ordinal) || cause.Field.StartsWith("status[", StringComparison.Ordinal)
        || cause.Field.StartsWith("metadata", StringComparison.Ordinal) || (cause.Field == "<nil>" && cause.Message.Contains("\"status", StringComparison.Ordinal));

    private static void Replicas(JsonObject obj, string path, List<StatusCause> causes)
    {
        if (ScalePaths.At(obj, path) is not { } value) return;
        if (value is not JsonValue number || !(number.TryGetValue(out long replicas) || (number.TryGetValue(out int small) && (replicas = small) == small)))
        {
            causes.Add(FieldErrors.Invalid(path, 0, $"{path} accessor error: {GoValue(value)} is of the type {GoType(value)}, expected int64"));
            return;
        }

        if (replicas < 0) causes.Add(FieldErrors.Invalid(path, replicas, "should be a non-negative integer"));
        else if (replicas > int.MaxValue) causes.Add(FieldErrors.Invalid(path, replicas, string.Create(CultureInfo.InvariantCulture, $"should be less than or equal to {int.MaxValue}")));
    }

    private static string GoValue(JsonNode value) => Machinery.Patch.GoFormat.Value(value);

    private static string GoType(JsonNode value) => value switch
    {
        JsonObject => "map[string]interface {}",
        JsonArray => "[]interface {}",
        _ => value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => "string",
            System.Text.Json.JsonValueKind.Number => value.AsValue().TryGetValue(out long _) ? "int64" : "float64",
            _ => "bool",
        },
    };
}

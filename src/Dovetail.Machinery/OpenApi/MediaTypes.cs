using System.Collections.Immutable;

namespace Dovetail.Machinery.OpenApi;

/// <summary>The media types of operations.</summary>
internal static class MediaTypes
{
    private const string Json = "application/json";
    private const string Yaml = "application/yaml";
    private const string Protobuf = "application/vnd.kubernetes.protobuf";

    private static readonly ImmutableArray<string> Custom = [Json, Yaml];
    private static readonly ImmutableArray<string> BuiltIn = [Json, Yaml, Protobuf];
    private static readonly ImmutableArray<string> Lists = [.. BuiltIn, $"{Json};stream=watch", $"{Protobuf};stream=watch"];
    private static readonly ImmutableArray<string> Logs = ["text/plain", .. BuiltIn];
    private static readonly ImmutableArray<string> CustomPatches = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
    private static readonly ImmutableArray<string> BuiltInPatches = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml"];

    public static ImmutableArray<string> Answered(OpenApiOperation operation, bool builtIn) => operation.Content switch
    {
        OpenApiContent.Object => builtIn ? BuiltIn : Custom,
        OpenApiContent.List => builtIn ? Lists : Custom,
        OpenApiContent.Log => Logs,
        OpenApiContent.Connection => ["*/*"],
        OpenApiContent.Json => [Json],
        OpenApiContent.Keys => ["application/jwk-set+json"],
    };

    /// <summary>Empty where nothing is said about it.</summary>
    public static ImmutableArray<string> Taken(OpenApiOperation operation, bool builtIn)
    {
        if (operation.Body == OpenApiBody.Patch)
            return builtIn ? BuiltInPatches : CustomPatches;
        if (operation.Kind is not null)
            return builtIn ? ["*/*"] : Custom;
        // What is no resource takes nothing; upstream's documents name types all the same, except where tokens are concerned.
        return operation.Answer.Length == 0 ? [] : Answered(operation, builtIn);
    }
}

using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Dovetail.Node.Images;

/// <summary>The parts of OCI and Docker manifests, indexes and token answers that a pull reads.</summary>
internal sealed record ManifestDocument
{
    public string? MediaType { get; init; }

    /// <summary>Of a manifest.</summary>
    public List<Descriptor>? Layers { get; init; }

    /// <summary>Of an index.</summary>
    public List<Descriptor>? Manifests { get; init; }
}

internal sealed partial record Descriptor
{
    public string MediaType { get; set; } = ""; // not init: left away it would be null, not ""

    public string Digest { get; set; } = ""; // not init: left away it would be null, not ""

    public long Size { get; init; }

    public PlatformDocument? Platform { get; init; }

    /// <summary>A document may hold null or nonsense where the specification wants a type, a digest and a size.</summary>
    [JsonIgnore]
    public bool IsWellFormed => MediaType is not null && Digest is not null && Size >= 0 && DigestForm().IsMatch(Digest);

    [GeneratedRegex("^sha256:[0-9a-f]{64}$", RegexOptions.CultureInvariant)]
    private static partial Regex DigestForm();
}

internal sealed record PlatformDocument
{
    public string Architecture { get; set; } = ""; // not init: left away it would be null, not ""

    public string Os { get; set; } = ""; // not init: left away it would be null, not ""
}

internal sealed record TokenDocument
{
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }
}

/// <summary>What is known of a cached disk; written last, so that a disk without it is not complete.</summary>
internal sealed record CachedDisk
{
    /// <summary>The manifest's digest.</summary>
    public required string Digest { get; init; }

    /// <summary>Path inside the image.</summary>
    public required string SourcePath { get; init; }

    public required long Bytes { get; init; }
}

/// <summary>Which manifest a tag stood for when it was last asked.</summary>
internal sealed record TagRecord(string Reference, string Digest);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 16)]
[JsonSerializable(typeof(ManifestDocument))]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(CachedDisk))]
[JsonSerializable(typeof(TagRecord))]
internal sealed partial class ImageJson : JsonSerializerContext;

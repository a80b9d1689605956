using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dovetail.Machinery.BuiltIn;

namespace Dovetail.Machinery.OpenApi;

/// <summary>The OpenAPI documents of what is served now: an immutable snapshot, each document built when it is first asked for and kept as bytes.
/// A changed set of resources makes a new catalog by <see cref="With"/>, which keeps the documents of every group-version that did not change.
/// Hashes are those of what a document is made from, so the index is answered without building any.</summary>
public sealed class OpenApiCatalog
{
    /// <summary>Raised when the shape of documents changes, so that clients drop what they cached.</summary>
    private const int Format = 2;

    private readonly FrozenDictionary<string, Part> parts;
    private readonly Lazy<OpenApiDocument> index;
    private readonly Lazy<OpenApiDocument> v2;
    private readonly Lazy<OpenApiDocument> v2Protobuf;

    private OpenApiCatalog(ImmutableArray<OpenApiResource> resources, OpenApiCatalog? previous)
    {
        Resources = resources;
        var made = new Dictionary<string, Part>(StringComparer.Ordinal);
        foreach (var group in resources.GroupBy(static r => r.GroupVersionPath, StringComparer.Ordinal))
        {
            var part = Part.Of([.. group]);
            made.Add(group.Key, previous is not null && previous.parts.TryGetValue(group.Key, out var before) && before.Hash == part.Hash ? before : part);
        }
        foreach (var (path, operation) in Others(resources))
            made.Add(path, previous?.parts.GetValueOrDefault(path) ?? Part.Of(operation));
        parts = made.ToFrozenDictionary(StringComparer.Ordinal);
        index = new(BuildIndex);
        v2 = new(BuildV2);
        v2Protobuf = new(() => OpenApiDocument.Of(GnosticWriter.Write(V2.Bytes()), V2.Hash));
    }

    public ImmutableArray<OpenApiResource> Resources { get; }

    /// <summary><c>GET /openapi/v3</c>.</summary>
    public OpenApiDocument Index => index.Value;

    /// <summary><c>GET /openapi/v2</c>, as JSON.</summary>
    public OpenApiDocument V2 => v2.Value;

    /// <summary>The same in protobuf (<see cref="GnosticWriter"/>).</summary>
    public OpenApiDocument V2Protobuf => v2Protobuf.Value;

    public static OpenApiCatalog Create(ImmutableArray<OpenApiResource> resources) => new(resources, null);

    public OpenApiCatalog With(ImmutableArray<OpenApiResource> resources) => new(resources, this);

    /// <summary><c>GET /openapi/v3/{path}</c> where path is one of the index: <c>api/v1</c>, <c>apis/{group}/{version}</c>, <c>apis/{group}</c>, <c>version</c>, …; null when nothing is served there.</summary>
    public OpenApiDocument? Find(string path) => parts.GetValueOrDefault(path)?.Document.Value;

    private OpenApiDocument BuildIndex()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, SchemaWriter.Options))
        {
            json.WriteStartObject();
            json.WriteStartObject("paths");
            foreach (var path in Paths())
            {
                json.WriteStartObject(path);
                json.WriteString("serverRelativeURL", $"/openapi/v3/{path}?hash={parts[path].Hash}");
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return OpenApiDocument.Of(buffer.WrittenSpan, HashOf(Paths().Select(p => parts[p].Hash)));
    }

    private OpenApiDocument BuildV2()
    {
        var others = Others(Resources).Select(static o => o.Operation).Concat(BuiltInGroupVersions(Resources).Select(ServerOperations.Resources));
        return OpenApiDocument.Of(DocumentWriter.V2(Resources, others).Span, HashOf(Paths().Select(p => parts[p].Hash).Append("v2")));
    }

    /// <summary>Operations on the server and on its own groups, each with a document of its own.</summary>
    private static IEnumerable<(string Path, OpenApiOperation Operation)> Others(ImmutableArray<OpenApiResource> resources)
    {
        foreach (var other in ServerOperations.Others)
            yield return other;
        foreach (var any in BuiltInGroupVersions(resources).Where(static r => r.Group.Length > 0).DistinctBy(static r => r.Group))
            yield return ($"apis/{any.Group}", ServerOperations.Group(any));
    }

    private static IEnumerable<OpenApiResource> BuiltInGroupVersions(ImmutableArray<OpenApiResource> resources) =>
        resources.Where(static r => r.IsBuiltIn).DistinctBy(static r => r.GroupVersionPath);

    private IOrderedEnumerable<string> Paths() => parts.Keys.Order(StringComparer.Ordinal);

    private static string HashOf(IEnumerable<string> inputs) => Convert.ToHexString(SHA512.HashData(Encoding.UTF8.GetBytes(string.Join('\n', inputs))));

    /// <summary>One document of version 3: a group version, or what stands beside them.</summary>
    private sealed record Part(string Hash, Lazy<OpenApiDocument> Document)
    {
        public static Part Of(ImmutableArray<OpenApiResource> resources)
        {
            var hash = HashOf([$"{Format}", BuiltInSchemas.SourceHash, .. resources.SelectMany(Facts)]);
            return new(hash, new(() => OpenApiDocument.Of(DocumentWriter.V3(resources, BuiltInGroupVersions(resources).Select(ServerOperations.Resources)).Span, hash)));
        }

        public static Part Of(OpenApiOperation operation)
        {
            var hash = HashOf([$"{Format}", BuiltInSchemas.SourceHash, operation.Path]);
            return new(hash, new(() => OpenApiDocument.Of(DocumentWriter.V3([], [operation]).Span, hash)));
        }

        private static IEnumerable<string> Facts(OpenApiResource r) =>
            [r.Group, r.Version, r.Kind, r.ListKind, r.Plural, $"{r.Namespaced}", string.Join(',', r.Verbs), string.Join(',', r.Subresources.Select(static s => $"{s.Name}:{s.Kind}:{string.Join('+', s.Verbs)}")), r.DefinitionName, r.Fingerprint];
    }
}

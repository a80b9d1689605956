using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Discovery;

/// <summary>A document with its entity tag.</summary>
internal sealed record DiscoveryDocument(byte[] Json, string Tag)
{
    public static DiscoveryDocument Of(JsonNode node)
    {
        var bytes = ObjectRenderer.Bytes(node);
        return new(bytes, $"\"{Convert.ToHexString(SHA512.HashData(bytes))}\"");
    }
}

/// <summary>What clients learn about the resources of one catalog: the plain documents and the aggregated ones, made once.</summary>
internal sealed class DiscoveryDocuments
{
    private static readonly string[] OtherPaths = ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];

    private readonly FrozenDictionary<string, DiscoveryDocument> plain;

    private DiscoveryDocuments(FrozenDictionary<string, DiscoveryDocument> plain, DiscoveryDocument core, DiscoveryDocument groups)
    {
        this.plain = plain;
        AggregatedCore = core;
        AggregatedGroups = groups;
    }

    /// <summary><c>/api</c> as APIGroupDiscoveryList.</summary>
    public DiscoveryDocument AggregatedCore { get; }

    /// <summary><c>/apis</c> as APIGroupDiscoveryList.</summary>
    public DiscoveryDocument AggregatedGroups { get; }

    /// <summary><c>/</c>, <c>/api</c>, <c>/apis</c>, <c>/api/v1</c>, <c>/apis/GROUP</c>, <c>/apis/GROUP/VERSION</c>; null for anything else.</summary>
    public DiscoveryDocument? Find(string path) => plain.GetValueOrDefault(path);

    public static DiscoveryDocuments Build(ResourceCatalog catalog, ImmutableArray<AggregatedApi> aggregated, string address)
    {
        // Kubernetes' own groups have an order of their own; those that are added have one priority, and their names decide (kube-aggregator's order of APIServices).
        var builtIn = catalog.Resources.Where(r => !r.Custom).GroupBy(r => r.Group).Select(DiscoveredGroup.Of);
        var added = catalog.Resources.Where(r => r.Custom).GroupBy(r => r.Group).Select(DiscoveredGroup.Of).Concat(aggregated.Select(DiscoveredGroup.Of));
        var groups = builtIn.Concat(added.OrderBy(g => g.Name, StringComparer.Ordinal)).ToArray();
        var named = groups.Where(g => g.Name.Length > 0).ToArray();
        var documents = new Dictionary<string, DiscoveryDocument>
        {
            ["/api"] = DiscoveryDocument.Of(new JsonObject
            {
                ["kind"] = "APIVersions",
                ["versions"] = new JsonArray((JsonNode)"v1"),
                ["serverAddressByClientCIDRs"] = new JsonArray((JsonNode)new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = address }),
            }),
            ["/apis"] = DiscoveryDocument.Of(new JsonObject
            {
                ["kind"] = "APIGroupList",
                ["apiVersion"] = "v1",
                ["groups"] = new JsonArray([.. named.Select(g => g.ApiGroup(nested: true))]),
            }),
        };
        foreach (var group in groups)
        {
            if (group.Name.Length > 0) documents[$"/apis/{group.Name}"] = DiscoveryDocument.Of(group.ApiGroup(nested: false));
            foreach (var version in group.Versions)
                documents[group.Name.Length == 0 ? $"/api/{version.Name}" : $"/apis/{group.Name}/{version.Name}"] = DiscoveryDocument.Of(version.ResourceList());
        }

        documents["/"] = DiscoveryDocument.Of(new JsonObject { ["paths"] = new JsonArray([.. documents.Keys.Concat(OtherPaths).Order(StringComparer.Ordinal).Select(path => (JsonNode)path)]) });
        return new(documents.ToFrozenDictionary(), Aggregate(groups.Where(g => g.Name.Length == 0)), Aggregate(named));
    }

    private static DiscoveryDocument Aggregate(IEnumerable<DiscoveredGroup> groups) => DiscoveryDocument.Of(new JsonObject
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray([.. groups.Select(g => g.Aggregated())]),
    });
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.OpenApi;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Tables;

namespace Dovetail.ApiServer.Crds;

/// <summary>A CRD as the catalog needs it: what is served of it, by version in the order of preference.</summary>
/// <param name="Identity">Changes with the CRD's uid and spec.</param>
internal sealed record CrdDefinition(string Name, string Identity, bool Established, bool Terminating, ImmutableArray<(ServedResource Resource, OpenApiResource OpenApi)> Versions);

/// <summary>Turns a stored, valid CRD into served resources.</summary>
internal static class CrdReader
{
    private static readonly FrozenSet<string> Verbs = BuiltInResources.AllVerbs.ToFrozenSet();
    private static readonly ImmutableArray<string> ReadWrite = ["get", "patch", "update"];

    /// <summary>A stored revision's bytes never change, so the array stands for what was read of it: registries that come and go over one store read a CRD once.</summary>
    private static readonly ConditionalWeakTable<byte[], CrdDefinition> Known = [];

    public static CrdDefinition Read(byte[] stored) => Known.GetValue(stored, static bytes => Read(StoredJson.Tree(bytes)));

    private static CrdDefinition Read(JsonObject crd)
    {
        var spec = crd.Child("spec")!;
        var versions = (spec["versions"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        var storage = versions.FirstOrDefault(v => v.Flag("storage") == true)?.Text("name") ?? "";
        var served = versions
            .Where(v => v.Flag("served") == true)
            .OrderBy(v => v.Text("name"), VersionOrder.PreferredFirst)
            .Select(v => Served(spec, v, storage))
            .ToImmutableArray();
        var identity = $"{crd.Metadata().Text("uid")} {Convert.ToHexString(SHA256.HashData(ObjectRenderer.Bytes(spec)))}";
        return new(crd.Metadata().Text("name"), identity, CrdConditions.IsTrue(crd, CrdConditions.Established), crd.IsTerminating(), served);
    }

    private static (ServedResource Resource, OpenApiResource OpenApi) Served(JsonObject spec, JsonObject version, string storage)
    {
        var names = spec.Child("names")!;
        var (group, name, kind) = (spec.Text("group"), version.Text("name"), names.Text("kind"));
        var raw = version.Child("schema")?.Child("openAPIV3Schema") ?? [];
        var schema = SchemaParser.Parse(raw, "").Schema;
        var hash = SHA256.HashData(ObjectRenderer.Bytes(raw));
        var subresources = Subresources(version, kind, group, name);
        var scale = version.Child("subresources")?.Child("scale");
        var resource = new ServedResource
        {
            Group = group,
            Version = name,
            Kind = kind,
            ListKind = names.Text("listKind"),
            Plural = names.Text("plural"),
            Singular = names.Text("singular"),
            Namespaced = spec.Text("scope") == "Namespaced",
            ShortNames = [.. names.Strings("shortNames")],
            Categories = [.. names.Strings("categories")],
            Verbs = Verbs,
            Subresources = subresources.ToFrozenDictionary(s => s.Name),
            Schema = schema,
            // A hash rather than a counter: it is the same after a restart, and when a CRD is deleted and made again.
            SchemaGeneration = BitConverter.ToInt64(hash) & long.MaxValue,
            StoreName = Refusals.Qualified(names.Text("plural"), group),
            StorageVersion = storage,
            CountsGenerations = true,
            DeprecationWarning = Deprecation(version, group, kind),
            Scale = scale is null ? null : new(scale.Text("specReplicasPath"), scale.Text("statusReplicasPath"), scale.Text("labelSelectorPath")),
            Table = CustomResourceTable.Create(version["additionalPrinterColumns"] as JsonArray),
            SelectableFields = (version["selectableFields"] as JsonArray ?? []).OfType<JsonObject>().Select(f => f.Text("jsonPath").TrimStart('.')).ToFrozenSet(),
        }.Sealed();
        return (resource, new OpenApiResource
        {
            Group = group,
            Version = name,
            Kind = kind,
            ListKind = resource.ListKind,
            Plural = resource.Plural,
            Namespaced = resource.Namespaced,
            Subresources = [.. subresources.Select(s => new BuiltInSubresource(s.Name, s.Kind, s.Verbs) { Group = s.Group, Version = s.Version })],
            Schema = schema,
            DefinitionName = OpenApiResource.CustomDefinitionName(group, name, kind),
            Fingerprint = Convert.ToHexString(hash),
        });
    }

    private static List<ServedSubresource> Subresources(JsonObject version, string kind, string group, string name)
    {
        List<ServedSubresource> result = [];
        if (version.Child("subresources") is not { } asked) return result;
        if (asked["status"] is not null) result.Add(new("status", kind, group, name, ReadWrite));
        if (asked["scale"] is not null) result.Add(new("scale", "Scale", "autoscaling", "v1", ReadWrite));
        return result;
    }

    private static string Deprecation(JsonObject version, string group, string kind)
    {
        if (version.Flag("deprecated") != true) return "";
        return version.Text("deprecationWarning") is { Length: > 0 } own ? own : $"{group}/{version.Text("name")} {kind} is deprecated";
    }
}

/// <summary>Kubernetes' order of version names: stable ones first, then beta, then alpha, newer before older; anything else last, by name.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder PreferredFirst { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (Parse(x!), Parse(y!));
        var byRank = (b.Stability, b.Major, b.Minor).CompareTo((a.Stability, a.Major, a.Minor));
        return byRank != 0 ? byRank : string.CompareOrdinal(x, y);
    }

    /// <summary>v1 is (3, 1, 0), v1beta2 (2, 1, 2), v1alpha1 (1, 1, 1), foo (0, 0, 0).</summary>
    private static (int Stability, int Major, int Minor) Parse(string version)
    {
        if (version.Length < 2 || version[0] != 'v') return default;
        var digits = version.AsSpan(1);
        var word = digits.IndexOfAnyExceptInRange('0', '9');
        if (word < 0) return int.TryParse(digits, out var stable) ? (3, stable, 0) : default;
        if (!int.TryParse(digits[..word], out var major)) return default;
        var tail = digits[word..];
        if (tail.StartsWith("beta") && int.TryParse(tail[4..], out var beta)) return (2, major, beta);
        if (tail.StartsWith("alpha") && int.TryParse(tail[5..], out var alpha)) return (1, major, alpha);
        return default;
    }
}

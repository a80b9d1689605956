using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Security;

namespace Dovetail.ApiServer.Rbac;

/// <summary>One <c>rbac.authorization.k8s.io/v1 PolicyRule</c>. "*" stands for all; a resource <c>*/scale</c> for that subresource of all resources.</summary>
public sealed record PolicyRule
{
    public ImmutableArray<string> Verbs { get; init; } = [];

    public ImmutableArray<string> ApiGroups { get; init; } = [];

    /// <summary><c>pods</c>, <c>pods/log</c>, <c>*/scale</c>, <c>*</c>.</summary>
    public ImmutableArray<string> Resources { get; init; } = [];

    /// <summary>Empty: every object.</summary>
    public ImmutableArray<string> ResourceNames { get; init; } = [];

    /// <summary>Paths that are no resource; one that ends in "*" stands for all that begin so.</summary>
    public ImmutableArray<string> NonResourceUrls { get; init; } = [];

    public static PolicyRule Read(JsonObject rule) => new()
    {
        Verbs = List(rule, "verbs"),
        ApiGroups = List(rule, "apiGroups"),
        Resources = List(rule, "resources"),
        ResourceNames = List(rule, "resourceNames"),
        NonResourceUrls = List(rule, "nonResourceURLs"),
    };

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["verbs"] = Array(Verbs) };
        if (ApiGroups.Length > 0) json["apiGroups"] = Array(ApiGroups);
        if (Resources.Length > 0) json["resources"] = Array(Resources);
        if (ResourceNames.Length > 0) json["resourceNames"] = Array(ResourceNames);
        if (NonResourceUrls.Length > 0) json["nonResourceURLs"] = Array(NonResourceUrls);
        return json;
    }

    public bool Allows(AccessRequest request) => request.Path.Length > 0
        ? Has(Verbs, request.Verb) && AllowsPath(request.Path)
        : Has(Verbs, request.Verb) && Has(ApiGroups, request.Group) && AllowsResource(request) && AllowsName(request.Name);

    /// <summary>As Go's <c>%q</c> of a string slice prints the rule in escalation errors: <c>{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}</c>.</summary>
    public override string ToString()
    {
        var parts = new List<string>(5);
        Add("APIGroups", ApiGroups);
        Add("Resources", Resources);
        Add("NonResourceURLs", NonResourceUrls);
        Add("ResourceNames", ResourceNames);
        Add("Verbs", Verbs);
        return $"{{{string.Join(", ", parts)}}}";

        void Add(string name, ImmutableArray<string> values)
        {
            if (values.Length > 0) parts.Add($"{name}:{GoText.Quoted(values)}");
        }
    }

    internal static bool Has(ImmutableArray<string> values, string value)
    {
        foreach (var candidate in values)
        {
            if (candidate == "*" || candidate == value) return true;
        }

        return false;
    }

    private static ImmutableArray<string> List(JsonObject rule, string name) =>
        rule[name] is JsonArray array ? [.. array.Select(v => v is JsonValue value && value.TryGetValue(out string? text) ? text : "")] : [];

    private static JsonArray Array(ImmutableArray<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);

    private bool AllowsPath(string path)
    {
        foreach (var allowed in NonResourceUrls)
        {
            if (allowed == path || (allowed.EndsWith('*') && path.StartsWith(allowed.TrimEnd('*'), StringComparison.Ordinal))) return true;
        }

        return false;
    }

    private bool AllowsResource(AccessRequest request)
    {
        foreach (var allowed in Resources)
        {
            if (allowed == "*" || Names(allowed, request.Resource, request.Subresource)) return true;
        }

        return false;
    }

    /// <summary>Whether <c>pods/log</c> or <c>*/log</c> names the subresource, without building the text.</summary>
    private static bool Names(string allowed, string resource, string subresource)
    {
        if (subresource.Length == 0) return allowed == resource;
        var slash = allowed.Length - subresource.Length - 1;
        if (slash < 1 || allowed[slash] != '/' || !allowed.EndsWith(subresource, StringComparison.Ordinal)) return false;
        var owner = allowed.AsSpan(0, slash);
        return owner is "*" || owner.SequenceEqual(resource);
    }

    private bool AllowsName(string name)
    {
        if (ResourceNames.Length == 0) return true;
        foreach (var allowed in ResourceNames)
        {
            if (allowed == name) return true;
        }

        return false;
    }
}

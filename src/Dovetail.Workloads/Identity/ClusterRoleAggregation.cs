using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Identity;

/// <summary>Writes into ClusterRoles with an aggregationRule the rules of the roles that it selects.</summary>
public sealed class ClusterRoleAggregation(IKubeApi api, IResourceCache<V1ClusterRole> roles) : IReconciler<NamespacedName>
{
    private static readonly WriteOptions Options = new() { FieldManager = "clusterrole-aggregation-controller", Force = true };

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (roles.Find("", key.Name) is not { AggregationRule: not null, Metadata.DeletionTimestamp: null } role) return Outcome.Done;
        var wanted = Decide(role, roles.List());
        if (Same(wanted, [.. role.Rules ?? []])) return Outcome.Done;
        await api.PatchAsync(BuiltInTypes.ClusterRoles, "", key.Name, PatchType.ApplyYaml, Body(key.Name, wanted), Options, "", ct);
        return Outcome.Done;
    }

    /// <summary>The rules of every selected role but itself, selector by selector, by name, each rule once.</summary>
    public static ImmutableArray<V1PolicyRule> Decide(V1ClusterRole role, IReadOnlyList<V1ClusterRole> all)
    {
        var rules = new List<V1PolicyRule>();
        foreach (var selector in role.AggregationRule?.ClusterRoleSelectors ?? [])
        {
            foreach (var selected in all.Where(r => r.Metadata.Name != role.Metadata.Name && Selects(selector, r)).OrderBy(r => r.Metadata.Name, StringComparer.Ordinal))
                rules.AddRange((selected.Rules ?? []).Where(rule => !rules.Exists(known => Same(known, rule))).ToArray());
        }

        return [.. rules];
    }

    private static bool Selects(V1LabelSelector selector, V1ClusterRole role)
    {
        string? Value(string key) => role.Metadata.Labels?.TryGetValue(key, out var value) == true ? value : null;
        return (selector.MatchLabels ?? new Dictionary<string, string>()).All(label => Value(label.Key) == label.Value)
            && (selector.MatchExpressions ?? []).All(term => term.OperatorProperty switch
            {
                "In" => Value(term.Key) is { } value && term.Values.Contains(value),
                "NotIn" => Value(term.Key) is not { } value || !term.Values.Contains(value),
                "Exists" => Value(term.Key) is not null,
                "DoesNotExist" => Value(term.Key) is null,
                _ => false,
            });
    }

    private static bool Same(ImmutableArray<V1PolicyRule> a, ImmutableArray<V1PolicyRule> b) => a.Length == b.Length && a.Zip(b).All(pair => Same(pair.First, pair.Second));

    private static bool Same(V1PolicyRule a, V1PolicyRule b) =>
        Same(a.Verbs, b.Verbs) && Same(a.ApiGroups, b.ApiGroups) && Same(a.Resources, b.Resources) && Same(a.ResourceNames, b.ResourceNames) && Same(a.NonResourceURLs, b.NonResourceURLs);

    private static bool Same(IList<string>? a, IList<string>? b) => (a ?? []).SequenceEqual(b ?? []);

    private static ReadOnlyMemory<byte> Body(string name, ImmutableArray<V1PolicyRule> rules)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", BuiltInTypes.ClusterRoles.ApiVersion);
            json.WriteString("kind", BuiltInTypes.ClusterRoles.Kind);
            json.WriteStartObject("metadata");
            json.WriteString("name", name);
            json.WriteEndObject();
            json.WriteStartArray("rules");
            foreach (var rule in rules) Write(json, rule);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, V1PolicyRule rule)
    {
        json.WriteStartObject();
        List("verbs", rule.Verbs);
        List("apiGroups", rule.ApiGroups);
        List("resources", rule.Resources);
        List("resourceNames", rule.ResourceNames);
        List("nonResourceURLs", rule.NonResourceURLs);
        json.WriteEndObject();

        void List(string field, IList<string>? values)
        {
            if (values is not { Count: > 0 }) return;
            json.WriteStartArray(field);
            foreach (var value in values) json.WriteStringValue(value);
            json.WriteEndArray();
        }
    }
}

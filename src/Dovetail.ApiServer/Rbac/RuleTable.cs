using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Dovetail.ApiServer.Security;

namespace Dovetail.ApiServer.Rbac;

/// <summary>A role's rules by the resource that they name, so that a role of a hundred rules costs no more to ask than one of three.</summary>
internal sealed class RuleTable
{
    private static readonly ConditionalWeakTable<RbacRole, RuleTable> Made = [];
    private static readonly RuleTable Empty = new([]);

    private readonly Dictionary<string, PolicyRule[]> byResource = new(StringComparer.Ordinal);

    /// <summary>Rules for all resources, for a subresource of all, and for paths.</summary>
    private readonly PolicyRule[] general;

    private RuleTable(ImmutableArray<PolicyRule> rules)
    {
        general = [.. rules.Where(r => r.NonResourceUrls.Length > 0 || r.Resources.Any(IsGeneral))];
        foreach (var rule in rules)
        {
            foreach (var resource in rule.Resources.Where(r => !IsGeneral(r)).Select(Plain).Distinct())
                byResource[resource] = byResource.TryGetValue(resource, out var present) ? [.. present, rule] : [rule];
        }
    }

    public static RuleTable Of(RbacRole? role) => role is null ? Empty : Made.GetValue(role, static r => new(r.Rules));

    public bool Allows(AccessRequest request)
    {
        foreach (var rule in general)
        {
            if (rule.Allows(request)) return true;
        }

        if (request.Path.Length > 0 || !byResource.TryGetValue(request.Resource, out var rules)) return false;
        foreach (var rule in rules)
        {
            if (rule.Allows(request)) return true;
        }

        return false;
    }

    private static bool IsGeneral(string resource) => resource.StartsWith('*');

    private static string Plain(string resource) => resource.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? resource[..slash] : resource;
}

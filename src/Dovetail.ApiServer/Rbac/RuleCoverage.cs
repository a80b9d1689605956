using System.Collections.Immutable;

namespace Dovetail.ApiServer.Rbac;

/// <summary>Whether rules that somebody has include rules that he wants to give (upstream: <c>component-helpers/auth/rbac/validation</c>).</summary>
internal static class RuleCoverage
{
    /// <summary>What of <paramref name="wanted"/> no single rule of <paramref name="held"/> gives, broken down to one verb on one resource or path each.</summary>
    public static List<PolicyRule> Missing(ImmutableArray<PolicyRule> held, IEnumerable<PolicyRule> wanted) =>
        [.. wanted.SelectMany(Breakdown).Where(part => !held.Any(rule => Covers(rule, part)))];

    /// <summary>Parts that differ in their verb alone put together again, as refusals list them.</summary>
    public static IEnumerable<PolicyRule> Compact(IEnumerable<PolicyRule> parts)
    {
        var whole = new List<PolicyRule>();
        var simple = new Dictionary<(string Group, string Resource, string? Name), PolicyRule>();
        foreach (var part in parts)
        {
            if (part.NonResourceUrls.Length > 0)
            {
                whole.Add(part);
                continue;
            }

            var key = (part.ApiGroups[0], part.Resources[0], part.ResourceNames.FirstOrDefault());
            simple[key] = simple.TryGetValue(key, out var present) ? present with { Verbs = present.Verbs.AddRange(part.Verbs) } : part;
        }

        return whole.Concat(simple.Values);
    }

    private static IEnumerable<PolicyRule> Breakdown(PolicyRule rule)
    {
        foreach (var group in rule.ApiGroups)
        {
            foreach (var resource in rule.Resources)
            {
                foreach (var verb in rule.Verbs)
                {
                    var part = new PolicyRule { ApiGroups = [group], Resources = [resource], Verbs = [verb] };
                    if (rule.ResourceNames.Length == 0) yield return part;
                    foreach (var name in rule.ResourceNames) yield return part with { ResourceNames = [name] };
                }
            }
        }

        foreach (var url in rule.NonResourceUrls)
        {
            foreach (var verb in rule.Verbs) yield return new PolicyRule { NonResourceUrls = [url], Verbs = [verb] };
        }
    }

    private static bool Covers(PolicyRule rule, PolicyRule part) =>
        PolicyRule.Has(rule.Verbs, part.Verbs[0])
        && part.ApiGroups.All(group => PolicyRule.Has(rule.ApiGroups, group))
        && part.Resources.All(resource => CoversResource(rule.Resources, resource))
        && part.NonResourceUrls.All(url => rule.NonResourceUrls.Any(own => own == url || (own.EndsWith('*') && url.StartsWith(own.TrimEnd('*'), StringComparison.Ordinal))))
        && (rule.ResourceNames.Length == 0 || (part.ResourceNames.Length > 0 && part.ResourceNames.All(rule.ResourceNames.Contains)));

    private static bool CoversResource(ImmutableArray<string> held, string resource)
    {
        if (PolicyRule.Has(held, resource)) return true;
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        return slash >= 0 && held.Contains($"*{resource[slash..]}");
    }
}

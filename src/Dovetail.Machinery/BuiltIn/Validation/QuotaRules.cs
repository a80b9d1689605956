using System.Text.Json.Nodes;
using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Resource quotas, limit ranges and disruption budgets.</summary>
internal static class QuotaRules
{
    private const string ExistsOnly = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
        + "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

    private static readonly string[] Scopes = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"];

    public static void CheckQuota(FieldScope quota, JsonObject? old)
    {
        var spec = quota.Part("spec");
        CheckAmounts(spec, "hard");
        foreach (var (scope, _) in spec.Texts("scopes"))
        {
            if (!Scopes.Contains(scope))
                spec.Invalid("scopes", spec.Object["scopes"]?.DeepClone(), "unsupported scope");
        }
        CheckScopes(spec);
        if (old?.Child("spec") is { } before && !JsonNode.DeepEquals(spec.Object["scopes"], before["scopes"]))
            spec.Invalid("scopes", spec.Object["scopes"]?.DeepClone(), "field is immutable");
    }

    public static void CheckQuotaStatus(FieldScope quota, JsonObject old)
    {
        CheckAmounts(quota.Part("status"), "hard");
        CheckAmounts(quota.Part("status"), "used");
    }

    private static void CheckAmounts(FieldScope scope, string field)
    {
        var amounts = scope.Part(field);
        foreach (var (name, _) in amounts.Object)
        {
            foreach (var wrong in ResourceRules.WrongQuotaName(name))
                amounts.Causes.Add(FieldErrors.Invalid($"{amounts.Path}[{name}]", name, wrong));
            ResourceRules.CheckAmount(amounts, name);
        }
    }

    private static void CheckScopes(FieldScope spec)
    {
        var scopes = spec.Texts("scopes").Select(static s => s.Text).ToHashSet(StringComparer.Ordinal);
        // BestEffort pods ask for nothing: there is nothing of theirs to count but themselves.
        if (scopes.Contains("BestEffort") && (spec.Object.Child("hard") ?? []).Any(static r => r.Key is not ("pods" or "count/pods")))
            spec.Invalid("scopes", spec.Object["scopes"]?.DeepClone(), "unsupported scope applied to resource");
        foreach (var (a, b) in (ReadOnlySpan<(string, string)>)[("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")])
        {
            if (scopes.Contains(a) && scopes.Contains(b))
                spec.Invalid("scopes", spec.Object["scopes"]?.DeepClone(), "conflicting scopes");
        }
        foreach (var requirement in spec.Child("scopeSelector")?.Each("matchExpressions") ?? [])
        {
            // Upstream names them without their index.
            var named = new FieldScope(requirement.Object, spec.At("scopeSelector.matchExpressions"), spec.Causes);
            CheckScope(named);
        }
    }

    private static void CheckScope(FieldScope requirement)
    {
        var (scope, operation) = (requirement.Text("scopeName"), requirement.Text("operator"));
        if (!Scopes.Contains(scope))
            requirement.Invalid("scopeName", scope, "unsupported scope");
        if (scope is "BestEffort" or "NotBestEffort" or "Terminating" or "NotTerminating" or "CrossNamespacePodAffinity" && operation != "Exists")
            requirement.Invalid("operator", operation, ExistsOnly);
        switch (operation)
        {
            case "In" or "NotIn":
                if (requirement.Count("values") == 0)
                    requirement.Required("values", "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                break;
            case "Exists" or "DoesNotExist":
                if (requirement.Count("values") > 0)
                    requirement.Invalid("values", "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                break;
            default:
                requirement.Invalid("operator", operation, "not a valid selector operator");
                break;
        }
    }

    public static void CheckLimits(FieldScope range, JsonObject? old)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        foreach (var limit in range.Child("spec")?.Each("limits") ?? [])
        {
            var type = limit.Text("type");
            var unnamed = limit.Causes.Count;
            limit.Name("type", Names.QualifiedName);
            if (limit.Causes.Count == unnamed && !type.Contains('/') && type is not ("Pod" or "Container" or "PersistentVolumeClaim"))
                limit.Invalid("type", type, "must be a standard limit type or fully qualified");
            if (!types.Add(type))
                limit.Causes.Add(FieldErrors.Duplicate(limit.At("type"), type));
            if (type == "Pod")
            {
                foreach (var field in (ReadOnlySpan<string>)["default", "defaultRequest"])
                {
                    if (limit.Object.Child(field) is { Count: > 0 })
                        limit.Forbidden(field, "may not be specified when `type` is 'Pod'");
                }
            }
            if (type == "PersistentVolumeClaim" && limit.Child("min")?.Amount("storage") is null && limit.Child("max")?.Amount("storage") is null)
                limit.Required("limits", "either minimum or maximum storage value is required, but neither was provided");
            CheckAmounts(limit);
        }
    }

    public static void CheckBudget(FieldScope budget, JsonObject? old)
    {
        var spec = budget.Part("spec");
        if (spec.Has("minAvailable") && spec.Has("maxUnavailable"))
        {
            // Upstream shows its internal type.
            var shown = new JsonObject();
            foreach (var name in (ReadOnlySpan<string>)["MinAvailable", "Selector", "MaxUnavailable", "UnhealthyPodEvictionPolicy"])
                shown[name] = spec.Object[char.ToLowerInvariant(name[0]) + name[1..]]?.DeepClone();
            budget.Causes.Add(FieldErrors.Invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"));
        }
        foreach (var field in (ReadOnlySpan<string>)["minAvailable", "maxUnavailable"])
        {
            WorkloadRules.PositiveOrPercent(spec, field);
            WorkloadRules.NotMoreThanAll(spec, field);
        }
        if (spec.Child("selector") is { } selector)
            SelectorRules.Check(selector);
        if (spec.Has("unhealthyPodEvictionPolicy"))
            spec.OneOf("unhealthyPodEvictionPolicy", "AlwaysAllow", "IfHealthyBudget");
    }

    private static void CheckNames(FieldScope limit, string name)
    {
        foreach (var field in (ReadOnlySpan<string>)["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"])
        {
            if (limit.Object.Child(field)?.ContainsKey(name) != true)
                continue;
            foreach (var wrong in limit.Text("type") is "Pod" or "Container" ? ResourceRules.WrongContainerName(name) : ResourceRules.WrongName(name))
                limit.Invalid($"{field}[{name}]", name, wrong);
        }
    }

    private static void CheckAmounts(FieldScope limit)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var field in (ReadOnlySpan<string>)["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"])
        {
            foreach (var (name, _) in limit.Object.Child(field) ?? [])
                names.Add(name);
        }
        foreach (var name in names)
        {
            Quantity? Amount(string field) => limit.Child(field)?.Amount(name);
            var (min, max, standard, request, ratio) = (Amount("min"), Amount("max"), Amount("default"), Amount("defaultRequest"), Amount("maxLimitRequestRatio"));
            void Add(string field, Quantity value, string text) => limit.Invalid($"{field}[{name}]", value.ToString(), text);
            CheckNames(limit, name);
            if (min > max)
                Add("min", min.Value, $"min value {min} is greater than max value {max}");
            if (request is { } asked && min is { } least && least > asked)
                Add("defaultRequest", asked, $"min value {least} is greater than default request value {asked}");
            if (request is { } wanted && max is { } most && wanted > most)
                Add("defaultRequest", wanted, $"default request value {wanted} is greater than max value {most}");
            if (request is { } r && standard is { } d && r > d)
                Add("defaultRequest", r, $"default request value {r} is greater than default limit value {d}");
            if (standard is { } limitValue && min is { } floor && floor > limitValue)
                Add("default", floor, $"min value {floor} is greater than default value {limitValue}");
            if (standard is { } above && max is { } ceiling && above > ceiling)
                Add("default", ceiling, $"default value {above} is greater than max value {ceiling}");
            if (ratio is { } times && times < Quantity.FromLong(1))
                Add("maxLimitRequestRatio", times, $"ratio {times} is less than 1");
        }
    }
}

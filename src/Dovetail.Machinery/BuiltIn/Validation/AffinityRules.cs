using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Affinities of pods to nodes and to each other, and the selectors in them.</summary>
internal static class AffinityRules
{
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";
    private const string Preferred = "preferredDuringSchedulingIgnoredDuringExecution";

    public static void Check(FieldScope affinity)
    {
        if (affinity.Child("nodeAffinity") is { } node)
        {
            if (node.Child(Required) is { } required)
                CheckNodeSelector(required);
            foreach (var term in node.Each(Preferred))
            {
                CheckWeight(term);
                if (term.Child("preference") is { } preference)
                    CheckTerm(preference, checkValues: false);
            }
        }
        foreach (var kind in (ReadOnlySpan<string>)["podAffinity", "podAntiAffinity"])
        {
            if (affinity.Child(kind) is not { } pods)
                continue;
            foreach (var term in pods.Each(Required))
                CheckPodTerm(term);
            foreach (var term in pods.Each(Preferred))
            {
                CheckWeight(term);
                if (term.Child("podAffinityTerm") is { } inner)
                    CheckPodTerm(inner);
            }
        }
    }

    public static void CheckNodeSelector(FieldScope selector)
    {
        if (selector.Count("nodeSelectorTerms") == 0)
            selector.Required("nodeSelectorTerms", "must have at least one node selector term");
        foreach (var term in selector.Each("nodeSelectorTerms"))
            CheckTerm(term, checkValues: true);
    }

    private static void CheckWeight(FieldScope term)
    {
        if (term.Number("weight") is null or < 1 or > 100)
            term.Invalid("weight", term.Number("weight") ?? 0, "must be in the range 1-100");
    }

    private static void CheckTerm(FieldScope term, bool checkValues)
    {
        foreach (var requirement in term.Each("matchExpressions"))
        {
            CheckOperator(requirement, "Gt", "Lt");
            requirement.Name("key", Names.QualifiedName);
            if (checkValues)
                CheckValues(requirement, Names.LabelValue);
        }
        foreach (var requirement in term.Each("matchFields"))
        {
            if (requirement.Text("operator") is not ("In" or "NotIn"))
                requirement.Invalid("operator", requirement.Text("operator"), "not a valid selector operator");
            else if (requirement.Count("values") != 1)
                requirement.Required("values", "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
            if (requirement.Text("key") != "metadata.name")
                requirement.Invalid("key", requirement.Text("key"), "not a valid field selector key");
            else
                CheckValues(requirement, Names.DnsSubdomain);
        }
    }

    /// <summary>The operator, and whether it has the values that it needs.</summary>
    internal static void CheckOperator(FieldScope requirement, params ReadOnlySpan<string> comparisons)
    {
        var name = requirement.Text("operator");
        var values = requirement.Count("values");
        if (name is "In" or "NotIn")
        {
            if (values == 0)
                requirement.Required("values", "must be specified when `operator` is 'In' or 'NotIn'");
        }
        else if (name is "Exists" or "DoesNotExist")
        {
            if (values > 0)
                requirement.Forbidden("values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        else if (!comparisons.Contains(name))
            requirement.Invalid("operator", name, "not a valid selector operator");
        else if (values != 1)
            requirement.Required("values", "must be specified single value when `operator` is 'Lt' or 'Gt'");
    }

    internal static void CheckValues(FieldScope requirement, Func<string, string?> rule)
    {
        foreach (var (value, path) in requirement.Texts("values"))
        {
            if (rule(value) is { } wrong)
                requirement.Causes.Add(FieldErrors.Invalid(path, value, wrong));
        }
    }

    private static void CheckPodTerm(FieldScope term)
    {
        foreach (var field in (ReadOnlySpan<string>)["labelSelector", "namespaceSelector"])
        {
            if (term.Child(field) is { } selector)
                SelectorRules.Check(selector);
        }
        foreach (var (name, _) in term.Texts("namespaces"))
        {
            if (Names.DnsLabel(name) is { } wrong)
                term.Invalid("namespace", name, wrong);
        }
        TopologyRules.CheckLabelKeys(term, "matchLabelKeys");
        TopologyRules.CheckLabelKeys(term, "mismatchLabelKeys");
        if (term.Text("topologyKey").Length == 0)
            term.Required("topologyKey", "can not be empty");
        term.Name("topologyKey", Names.QualifiedName);
    }
}

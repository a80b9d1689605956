using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>flowcontrol.apiserver.k8s.io FlowSchema (<c>pkg/apis/flowcontrol/validation</c>).</summary>
internal static class FlowSchemaRules
{
    private const int MaxPrecedence = 10000;

    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
    private static readonly string[] SubjectKinds = ["Group", "ServiceAccount", "User"];

    public static void Check(FieldScope schema, JsonObject? old)
    {
        var spec = schema.Part("spec");
        var precedence = spec.Whole("matchingPrecedence");
        if (precedence <= 0)
            spec.Invalid("matchingPrecedence", precedence, "must be a positive value");
        if (precedence > MaxPrecedence)
            spec.Invalid("matchingPrecedence", precedence, $"must not be greater than {MaxPrecedence}");
        if (precedence == 1 && schema.Part("metadata").Text("name") != PriorityLevelRules.Exempt)
            spec.Invalid("matchingPrecedence", precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
        if (spec.Child("distinguisherMethod") is { } method && method.Text("type") is not ("ByNamespace" or "ByUser"))
            method.NotSupported("type", GoStructs.Of(method.Object, "Type"), "ByNamespace", "ByUser");
        var level = spec.Part("priorityLevelConfiguration");
        if (level.Text("name").Length == 0)
            level.Required("name", "must reference a priority level");
        else
            level.Name("name", Names.DnsSubdomain);
        foreach (var rule in spec.Each("rules"))
            CheckRule(rule);
    }

    private static void CheckRule(FieldScope rule)
    {
        if (rule.Count("subjects") == 0)
            rule.Required("subjects", "subjects must contain at least one value");
        foreach (var subject in rule.Each("subjects"))
            CheckSubject(subject);
        if (rule.Count("resourceRules") == 0 && rule.Count("nonResourceRules") == 0)
            rule.Required("", "at least one of resourceRules and nonResourceRules has to be non-empty");
        foreach (var resources in rule.Each("resourceRules"))
            CheckResources(resources);
        foreach (var urls in rule.Each("nonResourceRules"))
            CheckUrls(urls);
    }

    private static void CheckSubject(FieldScope subject)
    {
        var kind = subject.Text("kind");
        if (!subject.OneOf("kind", SubjectKinds))
            return;
        var field = FieldOf(kind);
        if (subject.Child(field) is not { } named)
            subject.Required(field, $"{field} is required when subject kind is '{kind}'");
        else if (kind == "ServiceAccount")
            CheckServiceAccount(named);
        else if (named.Text("name").Length == 0)
            named.Required("name");
        foreach (var other in (ReadOnlySpan<string>)["ServiceAccount", "User", "Group"])
        {
            if (other != kind && subject.Has(FieldOf(other)))
                subject.Forbidden(FieldOf(other), $"{FieldOf(other)} is forbidden when subject kind is not '{other}'");
        }

        static string FieldOf(string kind) => char.ToLowerInvariant(kind[0]) + kind[1..];
    }

    private static void CheckServiceAccount(FieldScope account)
    {
        if (account.Text("name") != "*")
            account.RequiredName("name", Names.DnsSubdomain);
        if (account.Text("namespace").Length == 0)
            account.Required("namespace", "must specify namespace for service account");
        else
            account.Name("namespace", Names.DnsLabel);
    }

    private static void CheckResources(FieldScope rule)
    {
        CheckVerbs(rule);
        CheckStar(rule, "apiGroups", "resource rules must supply at least one api group", "api groups");
        CheckStar(rule, "resources", "resource rules must supply at least one resource", "resources");
        var namespaces = rule.Values("namespaces");
        if (namespaces.Count == 0 && !rule.IsTrue("clusterScope"))
            rule.Required("namespaces", "resource rules that are not cluster scoped must supply at least one namespace");
        else if (!namespaces.Contains("*"))
            rule.EachName("namespaces", static ns => Names.DnsLabel(ns) is { } wrong ? $"each member of this list must be '*' or a DNS-1123 label; {wrong}" : null);
        else if (namespaces.Count > 1)
            rule.Invalid("namespaces", "if '*' is present, must not specify other namespaces");
    }

    private static void CheckUrls(FieldScope rule)
    {
        CheckVerbs(rule);
        CheckStar(rule, "nonResourceURLs", "nonResourceURLs must contain at least one value", "non-resource URLs");
        if (!rule.Values("nonResourceURLs").Contains("*"))
            rule.EachName("nonResourceURLs", WrongUrl);
    }

    private static void CheckVerbs(FieldScope rule)
    {
        var verbs = rule.Values("verbs");
        if (verbs.Count == 0 || verbs.Contains("*"))
            CheckStar(rule, "verbs", "verbs must contain at least one value", "verbs");
        else if (verbs.Except(Verbs).Any())
            rule.NotSupported("verbs", rule.Object["verbs"], Verbs);
    }

    private static void CheckStar(FieldScope rule, string field, string required, string what)
    {
        var texts = rule.Values(field);
        if (texts.Count == 0)
            rule.Required(field, required);
        else if (texts.Count > 1 && texts.Contains("*"))
            rule.Invalid(field, $"if '*' is present, must not specify other {what}");
    }

    private static string? WrongUrl(string url) =>
        url.Length == 0 ? "must not be empty"
        : url == "/" ? null
        : url[0] != '/' ? "must start with slash"
        : url.Contains(' ', StringComparison.Ordinal) ? "must not contain white-space"
        : url.Contains("//", StringComparison.Ordinal) ? "must not contain double slash"
        : url.Count(static c => c == '*') is var stars && (stars > 1 || (stars == 1 && !url.EndsWith("/*", StringComparison.Ordinal))) ? "wildcard can only do suffix matching"
        : null;
}

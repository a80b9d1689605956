using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>The form of rbac.authorization.k8s.io's objects (<c>pkg/apis/rbac/validation</c>); who may write them is the authorizer's.</summary>
internal static class RbacRules
{
    private const string Group = "rbac.authorization.k8s.io";

    public static void CheckRole(FieldScope role, JsonObject? old) => CheckPolicies(role, namespaced: true);

    public static void CheckClusterRole(FieldScope role, JsonObject? old)
    {
        CheckPolicies(role, namespaced: false);
        if (role.Child("aggregationRule") is not { } aggregation)
            return;
        if (aggregation.Count("clusterRoleSelectors") == 0)
            aggregation.Required("clusterRoleSelectors", "at least one clusterRoleSelector required if aggregationRule is non-nil");
        foreach (var selector in aggregation.Each("clusterRoleSelectors"))
        {
            var before = role.Causes.Count;
            SelectorRules.Check(selector);
            if (role.Causes.Count > before)
                selector.Invalid("", null, "invalid label selector.");
        }
    }

    public static void CheckRoleBinding(FieldScope binding, JsonObject? old) => CheckBinding(binding, old, namespaced: true);

    public static void CheckClusterRoleBinding(FieldScope binding, JsonObject? old) => CheckBinding(binding, old, namespaced: false);

    private static void CheckPolicies(FieldScope role, bool namespaced)
    {
        foreach (var rule in role.Each("rules"))
        {
            if (rule.Count("verbs") == 0)
                rule.Required("verbs", "verbs must contain at least one value");
            if (rule.Count("nonResourceURLs") > 0)
            {
                if (namespaced)
                    rule.Invalid("nonResourceURLs", "namespaced rules cannot apply to non-resource URLs");
                if (rule.Count("apiGroups") > 0 || rule.Count("resources") > 0 || rule.Count("resourceNames") > 0)
                    rule.Invalid("nonResourceURLs", "rules cannot apply to both regular resources and non-resource URLs");
                continue;
            }
            if (rule.Count("apiGroups") == 0)
                rule.Required("apiGroups", "resource rules must supply at least one api group");
            if (rule.Count("resources") == 0)
                rule.Required("resources", "resource rules must supply at least one resource");
        }
    }

    private static void CheckBinding(FieldScope binding, JsonObject? old, bool namespaced)
    {
        var role = binding.Part("roleRef");
        role.OneOf("apiGroup", Group);
        role.OneOf("kind", namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]);
        role.RequiredName("name", Names.PathSegment);
        foreach (var subject in binding.Each("subjects"))
            CheckSubject(subject, namespaced);
        if (old is not null && !JsonNode.DeepEquals(role.Object, old["roleRef"]))
            binding.Invalid("roleRef", GoStructs.Of(role.Object, "APIGroup", "Kind", "Name"), "cannot change roleRef");
    }

    private static void CheckSubject(FieldScope subject, bool namespaced)
    {
        if (subject.Text("name").Length == 0)
            subject.Required("name");
        switch (subject.Text("kind"))
        {
            case "ServiceAccount":
                subject.OptionalName("name", Names.DnsSubdomain);
                if (subject.Text("apiGroup").Length > 0)
                    subject.OneOf("apiGroup", "");
                if (!namespaced && subject.Text("namespace").Length == 0)
                    subject.Required("namespace");
                break;
            case "User" or "Group":
                subject.OneOf("apiGroup", Group);
                break;
            default:
                subject.OneOf("kind", "ServiceAccount", "User", "Group");
                break;
        }
    }
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>The form of rbac.authorization.k8s.io's objects (<c>pkg/apis/rbac/validation</c>); who may write them is the authorizer's.</summary>
internal static class RbacRules
{
    private const string Group = "rbac.authorization.k8s.io";

    public static void Role(JsonObject obj, JsonObject? old, List<StatusCause> causes) => PolicyRules(obj, namespaced: true, causes);

    public static void ClusterRole(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        PolicyRules(obj, namespaced: false, causes);
        if (obj.Child("aggregationRule") is not { } aggregation)
            return;
        const string path = "aggregationRule.clusterRoleSelectors";
        if (aggregation["clusterRoleSelectors"] is not JsonArray { Count: > 0 })
            causes.Add(FieldErrors.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
        foreach (var (selector, at) in aggregation.Items("clusterRoleSelectors", path))
        {
            var before = causes.Count;
            causes.LabelSelector(selector, at);
            if (causes.Count > before)
                causes.Add(FieldErrors.Invalid(at, null, "invalid label selector."));
        }
    }

    public static void RoleBinding(JsonObject obj, JsonObject? old, List<StatusCause> causes) => Binding(obj, old, namespaced: true, causes);

    public static void ClusterRoleBinding(JsonObject obj, JsonObject? old, List<StatusCause> causes) => Binding(obj, old, namespaced: false, causes);

    private static void PolicyRules(JsonObject role, bool namespaced, List<StatusCause> causes)
    {
        foreach (var (rule, at) in role.Items("rules", "rules"))
        {
            if (IsEmpty(rule, "verbs"))
                causes.Add(FieldErrors.Required($"{at}.verbs", "verbs must contain at least one value"));
            if (!IsEmpty(rule, "nonResourceURLs"))
            {
                if (namespaced)
                    causes.Add(FieldErrors.Invalid($"{at}.nonResourceURLs", rule["nonResourceURLs"], "namespaced rules cannot apply to non-resource URLs"));
                if (!IsEmpty(rule, "apiGroups") || !IsEmpty(rule, "resources") || !IsEmpty(rule, "resourceNames"))
                    causes.Add(FieldErrors.Invalid($"{at}.nonResourceURLs", rule["nonResourceURLs"], "rules cannot apply to both regular resources and non-resource URLs"));
                continue;
            }
            if (IsEmpty(rule, "apiGroups"))
                causes.Add(FieldErrors.Required($"{at}.apiGroups", "resource rules must supply at least one api group"));
            if (IsEmpty(rule, "resources"))
                causes.Add(FieldErrors.Required($"{at}.resources", "resource rules must supply at least one resource"));
        }
    }

    private static void Binding(JsonObject binding, JsonObject? old, bool namespaced, List<StatusCause> causes)
    {
        var role = binding.Child("roleRef") ?? [];
        causes.OneOf("roleRef.apiGroup", role.Text("apiGroup"), Group);
        causes.OneOf("roleRef.kind", role.Text("kind"), namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]);
        causes.RequiredForm("roleRef.name", role.Text("name"), Names.PathSegment);
        foreach (var (subject, at) in binding.Items("subjects", "subjects"))
            Subject(subject, at, namespaced, causes);
        if (old is not null && !JsonNode.DeepEquals(role, old["roleRef"]))
            causes.Add(FieldErrors.Invalid("roleRef", GoStructs.Of(role, "APIGroup", "Kind", "Name"), "cannot change roleRef"));
    }

    private static void Subject(JsonObject subject, string path, bool namespaced, List<StatusCause> causes)
    {
        var name = subject.Text("name");
        if (name.Length == 0)
            causes.Add(FieldErrors.Required($"{path}.name"));
        switch (subject.Text("kind"))
        {
            case "ServiceAccount":
                if (name.Length > 0)
                    causes.Form($"{path}.name", name, Names.DnsSubdomain);
                if (subject.Text("apiGroup").Length > 0)
                    causes.OneOf($"{path}.apiGroup", subject.Text("apiGroup"), "");
                if (!namespaced && subject.Text("namespace").Length == 0)
                    causes.Add(FieldErrors.Required($"{path}.namespace"));
                break;
            case "User" or "Group":
                causes.OneOf($"{path}.apiGroup", subject.Text("apiGroup"), Group);
                break;
            case var other:
                causes.Add(FieldErrors.NotSupported($"{path}.kind", other, ["ServiceAccount", "User", "Group"]));
                break;
        }
    }

    private static bool IsEmpty(JsonObject rule, string field) => rule[field] is not JsonArray { Count: > 0 };
}

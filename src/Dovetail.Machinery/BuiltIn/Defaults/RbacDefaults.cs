using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>rbac.authorization.k8s.io (<c>pkg/apis/rbac/v1/defaults.go</c>).</summary>
internal static class RbacDefaults
{
    public static void Binding(JsonObject binding)
    {
        const string rbac = "rbac.authorization.k8s.io";
        binding.Child("roleRef")?.Default("apiGroup", rbac);
        foreach (var subject in binding.Objects("subjects"))
        {
            if (subject.Text("kind") is "User" or "Group")
                subject.Default("apiGroup", rbac);
        }
    }
}

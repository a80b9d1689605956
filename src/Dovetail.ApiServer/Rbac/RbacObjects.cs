using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Rbac;

/// <summary>Whom a binding gives its role: a user, a group or a service account.</summary>
internal sealed record Subject(string Kind, string Namespace, string Name)
{
    /// <summary>The account's user name, or the user's or group's own.</summary>
    public string Key(string bindingNamespace) => Kind == "ServiceAccount" ? $"system:serviceaccount:{(Namespace.Length > 0 ? Namespace : bindingNamespace)}:{Name}" : Name;

    /// <summary>As upstream's reasons name it; a service account with its name first.</summary>
    public string Describe(string bindingNamespace) => Kind == "ServiceAccount"
        ? $"{Kind} {GoText.Quoted($"{Name}/{(Namespace.Length > 0 ? Namespace : bindingNamespace)}")}"
        : $"{Kind} {GoText.Quoted(Name)}";

    public bool AppliesTo(UserInfo user, string bindingNamespace) => Kind switch
    {
        "User" => user.Name == Name,
        "Group" => user.Groups.Contains(Name),
        "ServiceAccount" => (Namespace.Length > 0 || bindingNamespace.Length > 0) && user.Name == Key(bindingNamespace),
        _ => false,
    };
}

/// <summary>The rules of a Role or ClusterRole.</summary>
internal sealed record RbacRole(ImmutableArray<PolicyRule> Rules);

/// <summary>A RoleBinding or, with an empty namespace, a ClusterRoleBinding.</summary>
internal sealed record RbacBinding(string Namespace, string Name, string RoleKind, string RoleName, ImmutableArray<Subject> Subjects);

/// <summary>Roles and bindings as the store has them. What was read of a stored object stays with it and goes with it, so nothing is parsed twice.</summary>
internal static class RbacObjects
{
    public const string Group = "rbac.authorization.k8s.io";
    public const string Roles = "roles." + Group;
    public const string ClusterRoles = "clusterroles." + Group;
    public const string RoleBindings = "rolebindings." + Group;
    public const string ClusterRoleBindings = "clusterrolebindings." + Group;

    private static readonly ConditionalWeakTable<StoredObject, RbacRole> ReadRoles = [];
    private static readonly ConditionalWeakTable<StoredObject, RbacBinding> ReadBindings = [];

    public static RbacRole Role(StoredObject stored) => ReadRoles.GetValue(stored, static s => new(Rules(StoredJson.Tree(s.Bytes))));

    public static RbacBinding Binding(StoredObject stored) => ReadBindings.GetValue(stored, static s => ReadBinding(s));

    /// <summary>The role that a binding refers to, or null.</summary>
    public static RbacRole? Referenced(IStoreSnapshot snapshot, string kind, string name, string bindingNamespace)
    {
        var key = kind switch
        {
            "ClusterRole" => new ObjectKey(ClusterRoles, "", name),
            "Role" => new ObjectKey(Roles, bindingNamespace, name),
            _ => default,
        };
        return key.Resource is not null && snapshot.Find(key) is { } stored ? Role(stored) : null;
    }

    public static ImmutableArray<PolicyRule> Rules(JsonObject role) => role["rules"] is JsonArray rules ? [.. rules.OfType<JsonObject>().Select(PolicyRule.Read)] : [];

    private static RbacBinding ReadBinding(StoredObject stored)
    {
        var tree = StoredJson.Tree(stored.Bytes);
        var role = tree.Child("roleRef") ?? [];
        var subjects = tree["subjects"] as JsonArray ?? [];
        return new(
            stored.Key.Namespace,
            stored.Key.Name,
            role.Text("kind"),
            role.Text("name"),
            [.. subjects.OfType<JsonObject>().Select(s => new Subject(s.Text("kind"), s.Text("namespace"), s.Text("name")))]);
    }
}

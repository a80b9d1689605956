using System.Collections.Immutable;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Rbac;

/// <summary>A binding with the role that it gives. A role that is not there gives nothing and is told about in refusals.</summary>
internal sealed class Grant
{
    private readonly RbacBinding binding;
    private readonly RuleTable rules;

    private Grant(RbacBinding binding, RbacRole? role)
    {
        this.binding = binding;
        Rules = role?.Rules ?? [];
        rules = RuleTable.Of(role);
        MissingRole = role is not null ? "" : Missing(binding);
    }

    public ImmutableArray<PolicyRule> Rules { get; }

    /// <summary>Upstream's error for a role that is not there; "" when it is.</summary>
    public string MissingRole { get; }

    public static Grant Of(RbacBinding binding, IStoreSnapshot snapshot) => new(binding, RbacObjects.Referenced(snapshot, binding.RoleKind, binding.RoleName, binding.Namespace));

    public bool Allows(AccessRequest request) => rules.Allows(request);

    /// <summary><c>RBAC: allowed by RoleBinding "readers/default" of ClusterRole "view" to User "alice"</c></summary>
    public string Describe(UserInfo user)
    {
        var subject = binding.Subjects.First(s => s.AppliesTo(user, binding.Namespace));
        return binding.Namespace.Length == 0
            ? $"RBAC: allowed by ClusterRoleBinding {GoText.Quoted(binding.Name)} of {binding.RoleKind} {GoText.Quoted(binding.RoleName)} to {subject.Describe("")}"
            : $"RBAC: allowed by RoleBinding {GoText.Quoted($"{binding.Name}/{binding.Namespace}")} of {binding.RoleKind} {GoText.Quoted(binding.RoleName)} to {subject.Describe(binding.Namespace)}";
    }

    private static string Missing(RbacBinding binding) => binding.RoleKind switch
    {
        "ClusterRole" => $"clusterrole.{RbacObjects.Group} \"{binding.RoleName}\" not found",
        "Role" => $"role.{RbacObjects.Group} \"{binding.RoleName}\" not found",
        _ => $"unsupported role reference kind: \"{binding.RoleKind}\"",
    };
}

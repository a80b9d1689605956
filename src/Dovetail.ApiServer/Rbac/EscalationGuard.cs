using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Rbac;

/// <summary>Nobody gives rights that he has not: roles may hold only rules that their writer has, or that <c>escalate</c> allows; bindings only roles whose rules he has, or that <c>bind</c> allows.</summary>
internal sealed class EscalationGuard(IRevisionStore store, IAuthorizer authorizer) : IAdmissionPlugin
{
    private static readonly ImmutableArray<PolicyRule> Everything =
    [
        new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
        new PolicyRule { Verbs = ["*"], NonResourceUrls = ["*"] },
    ];

    public bool Handles(string group, string resource, string subresource, AdmissionOperation operation) =>
        group == RbacObjects.Group && subresource.Length == 0 && operation is AdmissionOperation.Create or AdmissionOperation.Update;

    /// <summary>Here, because upstream looks before it validates: who may not is not told what is wrong.</summary>
    public ValueTask<AdmissionResult> MutateAsync(AdmissionRequest request, CancellationToken ct)
    {
        var (target, obj) = (request.Target, request.Object!);
        if (target.User.IsMaster || OnlyForGarbageCollection(obj, request.OldObject)) return new(AdmissionResult.Allowed);
        var problem = target.Resource switch
        {
            "clusterroles" => Role(target, obj) ?? Aggregation(target, obj, request.OldObject),
            "roles" => Role(target, obj),
            "clusterrolebindings" or "rolebindings" => Binding(target, obj),
            _ => null,
        };
        return new(problem is null ? AdmissionResult.Allowed : AdmissionResult.Refused(Refusals.Forbidden(target.Group, target.Resource, obj.Metadata().Text("name"), problem).Status));
    }

    public ValueTask<AdmissionResult> ValidateAsync(AdmissionRequest request, CancellationToken ct) => new(AdmissionResult.Allowed);

    private string? Role(ObjectTarget target, JsonObject role) => MayEscalate(target) ? null : NotHeld(target, RbacObjects.Rules(role));

    private string? Aggregation(ObjectTarget target, JsonObject role, JsonObject? old)
    {
        // It can gather anything, so it takes the right to anything.
        if (!Gathers(role) && (old is null || !Gathers(old))) return null;
        if (MayEscalate(target) || NotHeld(target, Everything) is null) return null;
        return "must have cluster-admin privileges to use the aggregationRule";
    }

    private string? Binding(ObjectTarget target, JsonObject binding)
    {
        var role = binding.Child("roleRef") ?? [];
        var (kind, name) = (role.Text("kind"), role.Text("name"));
        // Upstream looks before it validates, and has no other words for it.
        if (kind is not ("ClusterRole" or "Role")) throw Refusals.Internal($"unsupported role reference kind: \"{kind}\"");
        if (MayBind(target, role.Text("apiGroup"), kind, name)) return null;
        var referenced = RbacObjects.Referenced(store.Current, kind, name, target.Namespace)
            ?? throw Refusals.NotFound(RbacObjects.Group, kind == "Role" ? "roles" : "clusterroles", name);
        return NotHeld(target, referenced.Rules);
    }

    private static bool Gathers(JsonObject role) => role.Child("aggregationRule")?["clusterRoleSelectors"] is JsonArray { Count: > 0 };

    private bool MayEscalate(ObjectTarget target) => authorizer.Decide(new AccessRequest
    {
        User = target.User,
        Verb = "escalate",
        Group = target.Group,
        Resource = target.Resource,
        Namespace = target.Namespace,
        Name = target.Name,
    }).Allowed;

    private bool MayBind(ObjectTarget target, string group, string kind, string name) => authorizer.Decide(new AccessRequest
    {
        User = target.User,
        Verb = "bind",
        Group = group,
        Resource = kind == "Role" ? "roles" : "clusterroles",
        Namespace = target.Namespace,
        Name = name,
    }).Allowed;

    private string? NotHeld(ObjectTarget target, IEnumerable<PolicyRule> wanted)
    {
        var held = authorizer.RulesOf(target.User, target.Namespace);
        var missing = RuleCoverage.Missing(held.Rules, wanted);
        if (missing.Count == 0) return null;
        var lines = RuleCoverage.Compact(missing).Select(r => r.ToString()).Distinct().Order(StringComparer.Ordinal);
        var text = $"user {GoText.Quoted(target.User.Name)} (groups={GoText.Quoted(target.User.Groups)}) is attempting to grant RBAC permissions not currently held:\n{string.Join('\n', lines)}";
        return held.Problem.Length == 0 ? text : $"{text}; resolution errors: [{held.Problem}]";
    }

    /// <summary>Owners and finalizers may be taken away from a role that one could not write.</summary>
    private static bool OnlyForGarbageCollection(JsonObject obj, JsonObject? old)
    {
        return old is not null && JsonNode.DeepEquals(Stripped(obj), Stripped(old));

        static JsonObject Stripped(JsonObject obj)
        {
            var copy = (JsonObject)obj.DeepClone();
            foreach (var field in new[] { "ownerReferences", "finalizers", "managedFields", "resourceVersion" }) copy.Metadata().Remove(field);
            return copy;
        }
    }
}

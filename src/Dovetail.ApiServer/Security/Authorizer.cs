using System.Collections.Immutable;
using Dovetail.ApiServer.Rbac;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Security;

/// <summary>What a user wants to do: a verb on a resource, or on a path that is none (<see cref="Path"/>).</summary>
public sealed record AccessRequest
{
    public required UserInfo User { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection, impersonate; for paths the method in lower case.</summary>
    public required string Verb { get; init; }

    public string Group { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Namespace { get; init; } = "";

    /// <summary>Of lists and watches the name that their field selector demands, otherwise "".</summary>
    public string Name { get; init; } = "";

    /// <summary>Of lists and watches: as it was asked.</summary>
    public string FieldSelector { get; init; } = "";

    /// <summary>Not empty for paths that are no resource (<c>/version</c>).</summary>
    public string Path { get; init; } = "";
}

/// <summary>Yes, or no with what the user is told about it.</summary>
public readonly struct AccessDecision
{
    private readonly object? source;
    private readonly UserInfo? user;

    private AccessDecision(bool allowed, object? source, UserInfo? user) => (Allowed, this.source, this.user) = (allowed, source, user);

    public bool Allowed { get; }

    /// <summary>Of a yes: by which binding; of a no: what stood in the way. "" when there is nothing to say.</summary>
    public string Reason => source switch
    {
        string text => text,
        Grant grant => grant.Describe(user!),
        _ => "",
    };

    public static AccessDecision Allow() => new(true, null, null);

    /// <summary>The reason is only put into words when somebody asks for it.</summary>
    internal static AccessDecision Allow(Grant by, UserInfo user) => new(true, by, user);

    public static AccessDecision NoOpinion(string reason = "") => new(false, reason, null);
}

/// <summary>The rules that apply to a user in a namespace.</summary>
/// <param name="Rules">What may be done.</param>
/// <param name="Incomplete">There is more, which cannot be told as rules.</param>
/// <param name="Problem">What could not be evaluated, or "".</param>
public sealed record AccessRules(ImmutableArray<PolicyRule> Rules, bool Incomplete, string Problem);

/// <summary>Decides who may do what.</summary>
public interface IAuthorizer
{
    AccessDecision Decide(AccessRequest request);

    /// <param name="user">Whose rules.</param>
    /// <param name="ns">"" for cluster-wide rules alone.</param>
    AccessRules RulesOf(UserInfo user, string ns);
}

public static class AuthorizerExtensions
{
    /// <exception cref="Machinery.Errors.StatusException">403, in upstream's words.</exception>
    public static void Require(this IAuthorizer authorizer, AccessRequest request)
    {
        var decision = authorizer.Decide(request);
        if (!decision.Allowed) throw AccessRefusal.Of(request, decision.Reason);
    }
}

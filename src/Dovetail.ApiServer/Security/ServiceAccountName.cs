using System.Collections.Immutable;

namespace Dovetail.ApiServer.Security;

/// <summary>The user name of a service account, <c>system:serviceaccount:NAMESPACE:NAME</c>.</summary>
internal readonly record struct ServiceAccountName(string Namespace, string Name)
{
    private const string Prefix = "system:serviceaccount:";

    /// <summary>What every account is a member of, without being authenticated.</summary>
    public ImmutableArray<string> Groups => ["system:serviceaccounts", $"system:serviceaccounts:{Namespace}"];

    public static ServiceAccountName? TryParse(string user)
    {
        if (!user.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var parts = user[Prefix.Length..].Split(':');
        return parts is [{ Length: > 0 and < 64 } ns, { Length: > 0 and < 254 } name] ? new(ns, name) : null;
    }

    public override string ToString() => $"{Prefix}{Namespace}:{Name}";
}

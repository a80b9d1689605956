using System.Collections.Immutable;

namespace Dovetail.ApiServer.Security.Tokens;

/// <summary>Every kind of bearer token: static ones, bootstrap tokens, and those of service accounts.</summary>
internal sealed class BearerTokens(TokenFile? file, BootstrapTokens bootstrap, ServiceAccountTokens accounts)
{
    public ServiceAccountTokens Accounts => accounts;

    /// <param name="token">What stands behind <c>Bearer</c>.</param>
    /// <param name="audiences">For whom it must be; empty for this API.</param>
    public TokenOutcome Check(string token, ImmutableArray<string> audiences)
    {
        if (audiences.IsEmpty) audiences = ServiceAccountTokens.ApiAudiences;
        if ((file?.Find(token) ?? bootstrap.Find(token)) is { } user)
        {
            // These know no audience: they are for this API.
            var met = audiences.Where(ServiceAccountTokens.ApiAudiences.Contains).ToImmutableArray();
            return met.IsEmpty ? TokenOutcome.Foreign : new(user, met, "");
        }

        var outcome = accounts.Check(token, audiences);
        return outcome.User is null && outcome.Error.Length == 0 ? TokenOutcome.Refused("invalid bearer token") : outcome;
    }
}

namespace Dovetail.ApiServer.Security;

/// <summary>What the rotation of a certificate depends on.</summary>
/// <param name="NotBefore">When its life begins.</param>
/// <param name="NotAfter">When it ends.</param>
/// <param name="AuthorityEnd">When its authority ends: nothing that is issued lives longer.</param>
/// <param name="Jitter">From 0 up to 1, the certificate's own: many that are made in one moment are not renewed in one.</param>
/// <param name="Fits">Whether it is what is wanted: subject, names, authority, length of life.</param>
public readonly record struct CertificateFacts(DateTimeOffset NotBefore, DateTimeOffset NotAfter, DateTimeOffset AuthorityEnd, double Jitter, bool Fits);

/// <summary>What is done with a certificate.</summary>
/// <param name="Renew">It is replaced now.</param>
/// <param name="Due">When to decide again.</param>
public readonly record struct RotationPlan(bool Renew, DateTimeOffset Due);

/// <summary>When a certificate is replaced: between 70 and 90 % of its life, as client-go's certificate manager does it (<c>util/certificate</c>).</summary>
public static class RotationPlanner
{
    private const double Earliest = 0.7;
    private const double Spread = 0.2;

    /// <param name="kept">The certificate that is there; null for none.</param>
    /// <param name="now">The time.</param>
    public static RotationPlan Decide(CertificateFacts? kept, DateTimeOffset now)
    {
        if (kept is not { } facts) return new(true, now);
        // Nothing that outlives it can be issued: ever shorter ones at the end of the authority would help nobody.
        if (now >= facts.AuthorityEnd || (facts.Fits && facts.NotAfter >= facts.AuthorityEnd)) return new(false, DateTimeOffset.MaxValue);
        // A clock that was set back leaves a certificate that nobody takes yet.
        if (!facts.Fits || now < facts.NotBefore) return new(true, now);
        var due = facts.NotBefore + ((facts.NotAfter - facts.NotBefore) * (Earliest + (Spread * facts.Jitter)));
        return new(now >= due, due);
    }
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Security;

/// <summary>Renews certificates of an authority before they end, and says in time when the authority itself nears its end.</summary>
public sealed class CertificateRotation(CertificateAuthority authority, ImmutableArray<KeptCertificate> certificates, TimeProvider time, ILogger<CertificateRotation> log)
{
    /// <summary>The clock may be set while we wait.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarningPeriod = TimeSpan.FromDays(1);

    private DateTimeOffset nextWarning = DateTimeOffset.MinValue;

    /// <summary>By name, when each certificate ends; <c>ca</c> is the authority's.</summary>
    public IEnumerable<(string Name, DateTimeOffset NotAfter)> Ends => [("ca", authority.NotAfter), .. certificates.Select(one => (one.Name, one.NotAfter))];

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            Warn();
            var wait = Longest;
            foreach (var one in certificates)
            {
                var left = Refresh(one);
                if (left < wait) wait = left;
            }

            await Task.Delay(wait < Shortest ? Shortest : wait, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private TimeSpan Refresh(KeptCertificate one)
    {
        try
        {
            var plan = one.Refresh();
            if (plan.Renew) CertificateRotationLog.Renewed(log, one.Name, one.NotAfter);
            return plan.Due - time.GetUtcNow();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            CertificateRotationLog.Failed(log, one.Name, one.NotAfter, e.Message);
            return Retry;
        }
    }

    private void Warn()
    {
        var now = time.GetUtcNow();
        if (!authority.NearsItsEnd(now) || now < nextWarning) return;
        nextWarning = now + WarningPeriod;
        CertificateRotationLog.AuthorityEnds(log, authority.NotAfter);
    }
}

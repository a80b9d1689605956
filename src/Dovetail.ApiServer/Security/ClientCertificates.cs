using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Security;

/// <summary>Client certificates as Kubernetes reads them: CN is the user, each O a group.</summary>
public static class ClientCertificates
{
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>The user that a certificate proves at <paramref name="now"/>, or null (expired, not yet valid, of another authority, not for clients, without a name).</summary>
    public static UserInfo? Authenticate(X509Certificate2 authority, X509Certificate2 presented, DateTimeOffset now) => Authenticate([authority], presented, now);

    /// <inheritdoc cref="Authenticate(X509Certificate2, X509Certificate2, DateTimeOffset)"/>
    public static UserInfo? Authenticate(X509Certificate2Collection authorities, X509Certificate2 presented, DateTimeOffset now)
    {
        if (!IssuedBy(authorities, presented, now)) return null;
        string? user = null;
        var groups = ImmutableArray.CreateBuilder<string>();
        foreach (var part in presented.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements) continue;
            switch (part.GetSingleElementType().Value)
            {
                case "2.5.4.3":
                    user = part.GetSingleElementValue();
                    break;
                case "2.5.4.10" when part.GetSingleElementValue() is { Length: > 0 } group:
                    groups.Add(group);
                    break;
                default:
                    break;
            }
        }

        if (string.IsNullOrEmpty(user)) return null;
        groups.Add(Groups.Authenticated);
        var id = $"X509SHA256={Convert.ToHexStringLower(presented.GetCertHash(HashAlgorithmName.SHA256))}";
        return new UserInfo(user, groups.ToImmutable()) { Extra = UserInfo.NoExtra.Add("authentication.kubernetes.io/credential-id", [id]) };
    }

    internal static bool IssuedBy(X509Certificate2Collection authorities, X509Certificate2 certificate, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return chain.Build(certificate);
    }
}

/// <summary>Groups that the API server itself assigns.</summary>
public static class Groups
{
    public const string Authenticated = "system:authenticated";
    public const string Unauthenticated = "system:unauthenticated";
    public const string Nodes = "system:nodes";
}

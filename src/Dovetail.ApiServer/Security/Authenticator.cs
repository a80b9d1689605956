using System.Security.Cryptography.X509Certificates;
using Dovetail.ApiServer.Security.Tokens;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Security;

/// <summary>Finds out who asks: a client certificate of our authority, a bearer token, or nobody (anonymous). A credential that is presented and wrong is 401, never anonymous.</summary>
internal sealed class Authenticator(X509Certificate2 authority, BearerTokens tokens, TimeProvider time)
{
    private static readonly object CacheKey = new();

    public static UserInfo Anonymous { get; } = new("system:anonymous", [Groups.Unauthenticated]);

    /// <summary>The user, or null when a credential was presented that proves nobody.</summary>
    /// <remarks>As upstream: a certificate that proves somebody counts before a token; of the Authorization header only bearer tokens count.</remarks>
    public UserInfo? Authenticate(HttpContext context)
    {
        var certificate = context.Connection.ClientCertificate;
        if (certificate is not null && FromCertificate(context, certificate) is { } user) return user;
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && header[7..].Trim() is { Length: > 0 } token) return tokens.Check(token, []).User;
        return certificate is null ? Anonymous : null;
    }

    /// <summary>The chain is built once a connection; the end of the certificate's life is looked at with every request.</summary>
    private UserInfo? FromCertificate(HttpContext context, X509Certificate2 certificate)
    {
        var now = time.GetUtcNow();
        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(CacheKey, out var cached) && cached is Proof proof) return now <= proof.NotAfter ? proof.User : null;
        var user = ClientCertificates.Authenticate(authority, certificate, now);
        if (items is not null) items[CacheKey] = new Proof(user, certificate.NotAfter.ToUniversalTime());
        return user;
    }

    private sealed record Proof(UserInfo? User, DateTimeOffset NotAfter);
}

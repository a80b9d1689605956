using System.Security.Cryptography.X509Certificates;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Security;

/// <summary>Finds out who asks: a client certificate of our authority, a bearer token, or nobody (anonymous). A credential that is presented and wrong is 401, never anonymous.</summary>
public sealed class Authenticator(X509Certificate2 authority, TokenFile? tokens, TimeProvider time)
{
    private static readonly object CacheKey = new();

    public static UserInfo Anonymous { get; } = new("system:anonymous", [Groups.Unauthenticated]);

    /// <summary>The user, or null when a credential was presented that proves nobody.</summary>
    public UserInfo? Authenticate(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return tokens?.Find(header[7..].Trim());
        if (header.Length > 0) return null;
        return context.Connection.ClientCertificate is { } certificate ? FromCertificate(context, certificate) : Anonymous;
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

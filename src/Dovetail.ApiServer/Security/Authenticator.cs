using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Dovetail.ApiServer.Security.Tokens;
using Dovetail.Machinery.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.ApiServer.Security;

/// <summary>Finds out who asks: a client certificate of our authority or of one that the settings name, a bearer token, or nobody (anonymous). A credential that is presented and wrong is 401, never anonymous.</summary>
internal sealed class Authenticator(X509Certificate2Collection authorities, BearerTokens tokens, TimeProvider time)
{
    /// <summary>A connection has one certificate object for its life. Its streams come at the same time, so this is not kept among the connection's own items, which are no place for that.</summary>
    private readonly ConditionalWeakTable<X509Certificate2, Proof> proofs = [];

    public static UserInfo Anonymous { get; } = new("system:anonymous", [Groups.Unauthenticated]);

    /// <summary>The user, or null when a credential was presented that proves nobody.</summary>
    /// <remarks>As upstream: a certificate that proves somebody counts before a token; of the Authorization header only bearer tokens count.</remarks>
    public UserInfo? Authenticate(HttpContext context)
    {
        var certificate = context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        if (certificate is not null && FromCertificate(certificate) is { } user) return user;
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && header[7..].Trim() is { Length: > 0 } token) return tokens.Check(token, []).User;
        return WebSocketToken.Find(context.Request.Headers) switch
        {
            null => certificate is null ? Anonymous : null,
            "" => null,
            var shown => FromWebSocket(context.Request.Headers, shown),
        };
    }

    private UserInfo? FromWebSocket(IHeaderDictionary headers, string token)
    {
        if (tokens.Check(token, []).User is not { } user) return null;
        WebSocketToken.Remove(headers);
        return user;
    }

    /// <summary>The chain is built once a connection; the end of the certificate's life is looked at with every request.</summary>
    private UserInfo? FromCertificate(X509Certificate2 certificate)
    {
        var now = time.GetUtcNow();
        if (proofs.TryGetValue(certificate, out var known)) return now <= known.NotAfter ? known.User : null;
        var user = ClientCertificates.Authenticate(authorities, certificate, now);
        proofs.AddOrUpdate(certificate, new Proof(user, certificate.NotAfter.ToUniversalTime()));
        return user;
    }

    private sealed record Proof(UserInfo? User, DateTimeOffset NotAfter);
}

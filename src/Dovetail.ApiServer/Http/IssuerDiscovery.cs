using System.Text;
using Dovetail.ApiServer.Security.Tokens;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>What others need to check service account tokens by themselves: OpenID Connect discovery, as far as Kubernetes has it.</summary>
internal sealed class IssuerDiscovery(ServiceAccountTokens tokens, Func<Uri> address)
{
    public const string Keys = "/openid/v1/jwks";
    public const string Configuration = "/.well-known/openid-configuration";

    public async Task WriteAsync(HttpContext context, string path)
    {
        var json = path == Keys
            ? tokens.Jwks
            : $$"""{"issuer":"{{ServiceAccountTokens.Issuer}}","jwks_uri":"{{new Uri(address(), Keys)}}","response_types_supported":["id_token"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["{{TokenKeys.Algorithm}}"]}""";
        context.Response.StatusCode = 200;
        context.Response.ContentType = path == Keys ? "application/jwk-set+json" : "application/json";
        context.Response.Headers.CacheControl = "public, max-age=3600";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json), context.RequestAborted);
    }
}

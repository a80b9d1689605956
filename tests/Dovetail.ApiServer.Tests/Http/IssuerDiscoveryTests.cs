using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>What somebody else needs to check a service account's token, and who may read it. The check here knows RFC 7515 to 7518 and nothing of the server's own.</summary>
public sealed class IssuerDiscoveryTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task A_token_verifies_against_the_published_key_that_its_header_names()
    {
        await server.PostAsync("/api/v1/namespaces/demo/serviceaccounts", """{"metadata":{"name":"reader"}}""");
        var token = await TokenAsync("reader", """{"spec":{"audiences":["vault"]}}""");
        using var reader = server.Client(null, await TokenAsync("reader", "{}"));

        // Only what a stranger has: the issuer's address, and from there on what the documents say.
        using var described = await reader.GetAsync("/.well-known/openid-configuration");
        (described.StatusCode, described.Content.Headers.ContentType!.ToString(), described.Headers.CacheControl!.ToString()).ShouldBe((HttpStatusCode.OK, "application/json", "public, max-age=3600"));
        var document = (JsonObject)JsonNode.Parse(await described.Content.ReadAsStringAsync())!;
        using var published = await reader.GetAsync(new Uri(document.Text("jwks_uri")));
        (published.StatusCode, published.Content.Headers.ContentType!.ToString()).ShouldBe((HttpStatusCode.OK, "application/jwk-set+json"));
        var keys = (JsonObject)JsonNode.Parse(await published.Content.ReadAsStringAsync())!;

        document.Strings("response_types_supported").ShouldBe(["id_token"]);
        document.Strings("subject_types_supported").ShouldBe(["public"]);
        var claims = Verified(token, keys, document.Strings("id_token_signing_alg_values_supported").Single());
        claims.Text("iss").ShouldBe(document.Text("issuer"));
        claims.Text("sub").ShouldBe("system:serviceaccount:demo:reader");
        claims.Strings("aud").ShouldBe(["vault"]);
    }

    [Fact]
    public async Task A_token_of_another_signer_does_not_verify()
    {
        await server.PostAsync("/api/v1/namespaces/demo/serviceaccounts", """{"metadata":{"name":"reader"}}""");
        var token = await TokenAsync("reader", "{}");
        var keys = (JsonObject)JsonNode.Parse(await server.Admin.GetStringAsync("/openid/v1/jwks"))!;
        var forged = token[..(token.LastIndexOf('.') + 1)] + Base64Url.EncodeToString(new byte[64]);

        Should.Throw<CryptographicException>(() => Verified(forged, keys, "ES256"));
    }

    /// <summary>Granted to all service accounts by the role <c>system:service-account-issuer-discovery</c>; to others by nobody.</summary>
    [Theory]
    [InlineData("/.well-known/openid-configuration")]
    [InlineData("/openid/v1/jwks")]
    public async Task Service_accounts_may_read_it_and_strangers_may_not(string path)
    {
        await server.PostAsync("/api/v1/namespaces/demo/serviceaccounts", """{"metadata":{"name":"reader"}}""");
        using var reader = server.Client(null, await TokenAsync("reader", "{}"));
        using var alice = server.Client(null, "sesame");
        using var nobody = server.Client(null, null);

        (await reader.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await alice.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var refused = await nobody.GetAsync(path);
        JsonNode.Parse(await refused.Content.ReadAsStringAsync())!.ToJsonString()
            .ShouldBe($$$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"forbidden: User \u0022system:anonymous\u0022 cannot get path \u0022{{{path}}}\u0022","reason":"Forbidden","details":{},"code":403}""");
    }

    [Fact]
    public async Task A_client_certificate_leaves_its_hash_as_the_credentials_id()
    {
        var (_, review) = await server.PostAsync("/apis/authentication.k8s.io/v1/selfsubjectreviews", """{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}""");
        using var certificate = server.AdminCertificate.ToX509();
        var hash = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

        review.Child("status")!.Child("userInfo")!.Child("extra")!.Strings("authentication.kubernetes.io/credential-id").ShouldBe([$"X509SHA256={hash}"]);
    }

    [Theory]
    [InlineData("v4.channel.k8s.io, {token}", HttpStatusCode.OK)]
    [InlineData("{token}", HttpStatusCode.Unauthorized)]
    [InlineData("{token}, {token}, v4.channel.k8s.io", HttpStatusCode.Unauthorized)]
    [InlineData("v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.###", HttpStatusCode.Unauthorized)]
    [InlineData("v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.AAAA", HttpStatusCode.Unauthorized)]
    [InlineData("v4.channel.k8s.io", HttpStatusCode.Forbidden)]
    public async Task A_token_among_the_subprotocols_of_a_WebSocket_counts_beside_one_that_is_spoken(string offered, HttpStatusCode code)
    {
        await server.PostAsync("/api/v1/namespaces/demo/serviceaccounts", """{"metadata":{"name":"reader"}}""");
        var shown = "base64url.bearer.authorization.k8s.io." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(await TokenAsync("reader", "{}")));
        using var client = server.Client(null, null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openid/v1/jwks") { Version = HttpVersion.Version20 };
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", offered.Replace("{token}", shown, StringComparison.Ordinal));
        using var answer = await client.SendAsync(request);

        answer.StatusCode.ShouldBe(code);
    }

    private async Task<string> TokenAsync(string account, string request) =>
        (await server.PostAsync($"/api/v1/namespaces/demo/serviceaccounts/{account}/token", request)).Body.Child("status")!.Text("token");

    /// <summary>The claims of a token, when a key of the set has signed it.</summary>
    private static JsonObject Verified(string token, JsonObject keys, string algorithm)
    {
        var parts = token.Split('.');
        var header = (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!;
        header.Text("alg").ShouldBe(algorithm);
        var key = keys["keys"]!.AsArray().OfType<JsonObject>().Single(k => k.Text("kid") == header.Text("kid"));
        (key.Text("use"), key.Text("kty"), key.Text("crv"), key.Text("alg")).ShouldBe(("sig", "EC", "P-256", "ES256"));
        var point = new ECPoint { X = Base64Url.DecodeFromChars(key.Text("x")), Y = Base64Url.DecodeFromChars(key.Text("y")) };
        using var verifier = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        if (!verifier.VerifyData(signed, Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)) throw new CryptographicException("the signature is not the key's");
        return (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
    }
}

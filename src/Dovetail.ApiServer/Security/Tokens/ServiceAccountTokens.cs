using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Security.Tokens;

/// <summary>An object that a token names, and dies with.</summary>
internal sealed record TokenReference(string Name, string Uid);

/// <summary>What a service account token says; see <c>pkg/serviceaccount/claims.go</c> upstream.</summary>
internal sealed record TokenClaims
{
    public required string Namespace { get; init; }

    public required TokenReference Account { get; init; }

    public required ImmutableArray<string> Audiences { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    public required DateTimeOffset Expires { get; init; }

    /// <summary>From when on its use is counted as late; null for never.</summary>
    public DateTimeOffset? WarnAfter { get; init; }

    public TokenReference? Pod { get; init; }

    public TokenReference? Secret { get; init; }

    /// <summary>Where the pod runs; without a pod, what the token is bound to.</summary>
    public TokenReference? Node { get; init; }
}

/// <summary>What became of a token: the user that it proves with the audiences that it is for, or why it proves none. With neither it is no token of that kind.</summary>
internal readonly record struct TokenOutcome(UserInfo? User, ImmutableArray<string> Audiences, string Error)
{
    public static TokenOutcome Foreign { get; } = new(null, [], "");

    public static TokenOutcome Refused(string error) => new(null, [], error);
}

/// <summary>Issues tokens of service accounts and checks them against the objects that they name. A signature is checked once, the objects with every use.</summary>
public sealed class ServiceAccountTokens(IRevisionStore store, Lazy<TokenKeys> keys, TimeProvider time, Randomness randomness)
{
    public const string Issuer = "https://kubernetes.default.svc";

    private const string LegacyIssuer = "kubernetes/serviceaccount";
    private const string LegacyPrefix = "kubernetes.io/serviceaccount/";
    private const int MaxKnown = 10_000;

    // Clocks of those who read "not before" may differ.
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<UInt128, JsonWebToken> known = new();

    /// <summary>What a token is for when nobody says: this API.</summary>
    internal static ImmutableArray<string> ApiAudiences { get; } = [Issuer];

    /// <summary>The public keys, as <c>/openid/v1/jwks</c> gives them.</summary>
    internal string Jwks => keys.Value.ToJwks();

    internal string Issue(TokenClaims claims) => JsonWebToken.Write(keys.Value, json =>
    {
        json.WriteStartArray("aud"u8);
        foreach (var audience in claims.Audiences) json.WriteStringValue(audience);
        json.WriteEndArray();
        json.WriteNumber("exp"u8, claims.Expires.ToUnixTimeSeconds());
        json.WriteNumber("iat"u8, claims.IssuedAt.ToUnixTimeSeconds());
        json.WriteString("iss"u8, Issuer);
        json.WriteString("jti"u8, randomness.Uid());
        json.WriteStartObject("kubernetes.io"u8);
        json.WriteString("namespace"u8, claims.Namespace);
        Reference(json, "node", claims.Node);
        Reference(json, "pod", claims.Pod);
        Reference(json, "secret", claims.Secret);
        Reference(json, "serviceaccount", claims.Account);
        if (claims.WarnAfter is { } warn) json.WriteNumber("warnafter"u8, warn.ToUnixTimeSeconds());
        json.WriteEndObject();
        json.WriteNumber("nbf"u8, claims.IssuedAt.ToUnixTimeSeconds());
        json.WriteString("sub"u8, new ServiceAccountName(claims.Namespace, claims.Account.Name).ToString());
    });

    /// <summary>The token of a Secret of type <c>kubernetes.io/service-account-token</c>: it does not expire, and dies with its secret.</summary>
    public string IssueForSecret(string ns, string account, string accountUid, string secret) => JsonWebToken.Write(keys.Value, json =>
    {
        json.WriteString("iss"u8, LegacyIssuer);
        json.WriteString($"{LegacyPrefix}namespace", ns);
        json.WriteString($"{LegacyPrefix}secret.name", secret);
        json.WriteString($"{LegacyPrefix}service-account.name", account);
        json.WriteString($"{LegacyPrefix}service-account.uid", accountUid);
        json.WriteString("sub"u8, new ServiceAccountName(ns, account).ToString());
    });

    internal TokenOutcome Check(string token, ImmutableArray<string> wanted)
    {
        if (Verified(token) is not { } jwt) return TokenOutcome.Foreign;
        var legacy = jwt.Claims.Text("iss") == LegacyIssuer;
        var audiences = Audiences(jwt.Claims);
        if (audiences.IsEmpty) audiences = ApiAudiences;
        var met = audiences.Where(wanted.Contains).ToImmutableArray();
        if (met.IsEmpty) return Invalid($"token audiences {GoText.Quoted(audiences)} is invalid for the target audiences {GoText.Quoted(wanted)}");
        return legacy ? CheckLegacy(token, jwt.Claims, met) : CheckBound(jwt.Claims, met);
    }

    private static TokenOutcome Invalid(string why) => TokenOutcome.Refused($"[invalid bearer token, {why}]");

    private static void Reference(Utf8JsonWriter json, string name, TokenReference? reference)
    {
        if (reference is null) return;
        json.WriteStartObject(name);
        json.WriteString("name"u8, reference.Name);
        if (reference.Uid.Length > 0) json.WriteString("uid"u8, reference.Uid);
        json.WriteEndObject();
    }

    /// <summary>The token once its signature has been found to be ours.</summary>
    private JsonWebToken? Verified(string token)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        var key = new UInt128(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]));
        if (known.TryGetValue(key, out var present)) return present;
        if (JsonWebToken.TryParse(token) is not { Algorithm: TokenKeys.Algorithm } jwt || jwt.Claims.Text("iss") is not (Issuer or LegacyIssuer)) return null;
        if (!keys.Value.Verify(jwt.KeyId, jwt.Signed, jwt.Signature)) return null;
        if (known.Count >= MaxKnown) known.Clear();
        known[key] = jwt;
        return jwt;
    }

    private static ImmutableArray<string> Audiences(JsonObject claims) => claims["aud"] switch
    {
        JsonArray => [.. claims.Strings("aud")],
        JsonValue => [claims.Text("aud")],
        _ => [],
    };

    private TokenOutcome CheckBound(JsonObject claims, ImmutableArray<string> audiences)
    {
        var now = time.GetUtcNow();
        if (now - Leeway > At(claims, "exp")) return Invalid("service account token has expired");
        if (now + Leeway < At(claims, "nbf")) return Invalid("service account token is not valid yet");
        var names = claims.Child("kubernetes.io") ?? [];
        var ns = names.Text("namespace");
        var (account, pod, secret, node) = (names.Child("serviceaccount") ?? [], names.Child("pod"), names.Child("secret"), names.Child("node"));
        if (AccountProblem(ns, account.Text("name"), account.Text("uid")) is { } problem) return Invalid(problem);
        if (secret is not null && Gone(new("secrets", ns, secret.Text("name")), secret.Text("uid"), "secret") is { } lost) return Invalid(lost);
        if (pod is not null && Gone(new("pods", ns, pod.Text("name")), pod.Text("uid"), "pod") is { } ended) return Invalid(ended);
        if (pod is null && node is not null && Gone(new("nodes", "", node.Text("name")), node.Text("uid"), "node") is { } left) return Invalid(left);
        var extra = UserInfo.NoExtra.ToBuilder();
        void Tell(string key, string value)
        {
            if (value.Length > 0) extra[$"authentication.kubernetes.io/{key}"] = [value];
        }

        Tell("credential-id", claims.Text("jti") is { Length: > 0 } id ? $"JTI={id}" : "");
        Tell("pod-name", pod?.Text("name") ?? "");
        Tell("pod-uid", pod?.Text("uid") ?? "");
        Tell("node-name", node?.Text("name") ?? "");
        Tell("node-uid", node?.Text("uid") ?? "");
        return new(User(ns, account.Text("name"), account.Text("uid")) with { Extra = extra.ToImmutable() }, audiences, "");
    }

    private TokenOutcome CheckLegacy(string token, JsonObject claims, ImmutableArray<string> audiences)
    {
        var ns = claims.Text($"{LegacyPrefix}namespace");
        var (account, uid) = (claims.Text($"{LegacyPrefix}service-account.name"), claims.Text($"{LegacyPrefix}service-account.uid"));
        var secret = store.Current.Find(new("secrets", ns, claims.Text($"{LegacyPrefix}secret.name")));
        if (secret is null || StoredJson.Text(secret.Bytes, ["metadata", "deletionTimestamp"]).Length > 0) return Invalid("token has been invalidated");
        var kept = StoredJson.Text(secret.Bytes, ["data", "token"]);
        if (kept != Convert.ToBase64String(Encoding.UTF8.GetBytes(token))) return Invalid("token does not match server's copy");
        return AccountProblem(ns, account, uid) is { } problem ? Invalid(problem) : new(User(ns, account, uid), audiences, "");
    }

    private static UserInfo User(string ns, string account, string uid)
    {
        var name = new ServiceAccountName(ns, account);
        return new(name.ToString(), [.. name.Groups, Groups.Authenticated]) { Uid = uid };
    }

    private string? AccountProblem(string ns, string name, string uid)
    {
        if (store.Current.Find(new("serviceaccounts", ns, name)) is not { } account) return $"serviceaccounts \"{name}\" not found";
        var present = StoredJson.Text(account.Bytes, ["metadata", "uid"]);
        if (present != uid) return $"service account UID ({present}) does not match claim ({uid})";
        return IsDeleted(account) ? $"service account {ns}/{name} has been deleted" : null;
    }

    private string? Gone(ObjectKey key, string uid, string what)
    {
        if (store.Current.Find(key) is not { } bound || IsDeleted(bound)) return "service account token has been invalidated";
        var present = StoredJson.Text(bound.Bytes, ["metadata", "uid"]);
        if (present == uid) return null;
        return $"{what} UID ({present}) does not match service account {what} ref claim ({uid})";
    }

    private bool IsDeleted(StoredObject stored)
    {
        var text = StoredJson.Text(stored.Bytes, ["metadata", "deletionTimestamp"]);
        return text.Length > 0 && DateTimeOffset.Parse(text, CultureInfo.InvariantCulture) < time.GetUtcNow() - Leeway;
    }

    private static DateTimeOffset At(JsonObject claims, string name) => DateTimeOffset.FromUnixTimeSeconds(claims.Number(name) ?? 0);
}

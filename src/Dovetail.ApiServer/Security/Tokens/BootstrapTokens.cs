using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store;

namespace Dovetail.ApiServer.Security.Tokens;

/// <summary>Tokens by which a node joins: <c>ID.SECRET</c>, kept in Secrets <c>kube-system/bootstrap-token-ID</c> of type <c>bootstrap.kubernetes.io/token</c>.</summary>
internal sealed partial class BootstrapTokens(IRevisionStore store, TimeProvider time)
{
    private const string DefaultGroup = "system:bootstrappers";

    /// <summary>The user <c>system:bootstrap:ID</c>, or null.</summary>
    public UserInfo? Find(string token)
    {
        if (TokenForm().Match(token) is not { Success: true } parts) return null;
        var (id, secret) = (parts.Groups[1].Value, parts.Groups[2].Value);
        if (store.Current.Find(new("secrets", "kube-system", $"bootstrap-token-{id}")) is not { } stored) return null;
        var tree = StoredJson.Tree(stored.Bytes);
        if (tree.IsTerminating() || tree.Text("type") != "bootstrap.kubernetes.io/token") return null;
        var data = tree.Child("data") ?? [];
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Value(data, "token-secret")), Encoding.UTF8.GetBytes(secret))) return null;
        if (Value(data, "token-id") != id || HasExpired(Value(data, "expiration")) || Value(data, "usage-bootstrap-authentication") != "true") return null;
        return Groups(Value(data, "auth-extra-groups")) is { } groups ? new UserInfo($"system:bootstrap:{id}", [.. groups, Security.Groups.Authenticated]) : null;
    }

    private bool HasExpired(string expiration)
    {
        if (expiration.Length == 0) return false;
        // What cannot be read counts as over.
        return !DateTimeOffset.TryParse(expiration, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end) || time.GetUtcNow() > end;
    }

    /// <summary>Null when one of the groups is not a bootstrapper's: the whole token is refused then.</summary>
    private static ImmutableArray<string>? Groups(string extra)
    {
        var groups = extra.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return groups.All(g => GroupForm().IsMatch(g)) ? [DefaultGroup, .. groups.Distinct().Order(StringComparer.Ordinal)] : null;
    }

    private static string Value(JsonObject data, string key)
    {
        var text = data.Text(key);
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? Encoding.UTF8.GetString(bytes, 0, count) : "";
    }

    [GeneratedRegex("^([a-z0-9]{6})\\.([a-z0-9]{16})$", RegexOptions.CultureInvariant)]
    private static partial Regex TokenForm();

    [GeneratedRegex("^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$", RegexOptions.CultureInvariant)]
    private static partial Regex GroupForm();
}

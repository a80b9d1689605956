using System.Globalization;
using System.Text;
using k8s.Models;

namespace Dovetail.Workloads.Bootstrap;

/// <summary>A Secret of type <c>bootstrap.kubernetes.io/token</c>, by which a node joins (upstream: <c>cluster-bootstrap/token/api</c>).</summary>
/// <param name="Id">Its public half; "" when the Secret's name does not fit it.</param>
/// <param name="Key">Its secret half.</param>
/// <param name="End">When it ends; null for never. What cannot be read has ended.</param>
/// <param name="Signs">Whether <c>cluster-info</c> is signed with it.</param>
public sealed record BootstrapToken(string Id, string Key, DateTimeOffset? End, bool Signs)
{
    public const string Type = "bootstrap.kubernetes.io/token";
    public const string Namespace = "kube-system";

    public static BootstrapToken Of(V1Secret secret)
    {
        var id = Value(secret, "token-id");
        var named = secret.Metadata.Name == $"bootstrap-token-{id}" && id.Length == 6 && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));
        return new(named ? id : "", Value(secret, "token-secret"), EndOf(Value(secret, "expiration")), Value(secret, "usage-bootstrap-signing") == "true");
    }

    public bool HasEnded(DateTimeOffset now) => End <= now;

    private static DateTimeOffset? EndOf(string text)
    {
        if (text.Length == 0) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end) ? end : DateTimeOffset.MinValue;
    }

    private static string Value(V1Secret secret, string key) => secret.Data?.TryGetValue(key, out var bytes) == true ? Encoding.UTF8.GetString(bytes) : "";
}

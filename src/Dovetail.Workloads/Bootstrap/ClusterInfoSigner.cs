using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Bootstrap;

/// <summary>
/// Signs the kubeconfig in ConfigMap <c>kube-public/cluster-info</c> with every bootstrap token that is meant for it, as <c>jws-kubeconfig-ID</c>: who joins with the token trusts the authority in it. There is one key.
/// </summary>
public sealed class ClusterInfoSigner(IKubeApi api, IResourceCache<V1ConfigMap> maps, IResourceCache<V1Secret> tokens, TimeProvider time) : IReconciler<NamespacedName>
{
    public const string Namespace = "kube-public";
    public const string Name = "cluster-info";

    private const string Content = "kubeconfig";
    private const string Prefix = "jws-kubeconfig-";

    public static NamespacedName Key { get; } = new(Namespace, Name);

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (maps.Find(Namespace, Name) is not { Metadata.DeletionTimestamp: null, Data: { } data } map) return Outcome.Done;
        // A token that ends is taken away, which is the cache's event.
        if (Decide(data, [.. tokens.List().Select(BootstrapToken.Of)], time.GetUtcNow()) is not { } wanted) return Outcome.Done;
        var changed = BuiltInTypes.ConfigMaps.Copy(map);
        changed.Data = wanted;
        try
        {
            await api.ReplaceAsync(BuiltInTypes.ConfigMaps, changed, "", ct);
        }
        catch (StatusException gone) when (gone.Status.Reason == "NotFound")
        {
            // Its end is the cache's next event.
        }

        return Outcome.Done;
    }

    /// <summary>The data as it should be, or null when it is so, or when there is nothing to sign.</summary>
    public static Dictionary<string, string>? Decide(IDictionary<string, string> data, ImmutableArray<BootstrapToken> tokens, DateTimeOffset now)
    {
        if (!data.TryGetValue(Content, out var content)) return null;
        var wanted = data.Where(entry => !entry.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        foreach (var token in tokens.Where(token => token is { Signs: true, Id.Length: > 0, Key.Length: > 0 } && !token.HasEnded(now)))
            wanted[Prefix + token.Id] = Sign(content, token.Id, token.Key);
        return wanted.Count == data.Count && wanted.All(entry => data.TryGetValue(entry.Key, out var kept) && kept == entry.Value) ? null : wanted;
    }

    /// <summary>A detached JSON Web Signature (RFC 7515, appendix F): <c>HEADER..SIGNATURE</c>, HS256 with the token's secret half as key.</summary>
    private static string Sign(string content, string id, string key)
    {
        var header = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"HS256","kid":"{{id}}"}"""));
        var signed = $"{header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(content))}";
        return $"{header}..{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes(signed)))}";
    }
}

using System.Text;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Identity;

/// <summary>Fills Secrets of type <c>kubernetes.io/service-account-token</c> with the token of the account that they name, and takes them away with it.</summary>
public sealed class TokenSecrets(IKubeApi api, IResourceCache<V1Secret> secrets, IResourceCache<V1ServiceAccount> accounts, ICredentialIssuer issuer) : IReconciler<NamespacedName>
{
    public const string Type = "kubernetes.io/service-account-token";
    public const string NameAnnotation = "kubernetes.io/service-account.name";
    public const string UidAnnotation = "kubernetes.io/service-account.uid";

    /// <summary>Secrets by <c>NAMESPACE/ACCOUNT</c>.</summary>
    public const string ByAccount = "token secrets by account";

    public static IEnumerable<string> AccountOf(V1Secret secret) => Annotation(secret, NameAnnotation) is { Length: > 0 } name ? [$"{secret.Metadata.NamespaceProperty}/{name}"] : [];

    public async Task<Outcome> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (secrets.Find(key.Namespace, key.Name) is not { Metadata.DeletionTimestamp: null } secret || secret.Type != Type) return Outcome.Done;
        var (name, uid) = (Annotation(secret, NameAnnotation), Annotation(secret, UidAnnotation));
        var account = accounts.Find(key.Namespace, name);
        if (account is null || (uid.Length > 0 && uid != account.Metadata.Uid))
        {
            // The cache may be behind: nothing is deleted before the API itself was asked.
            var live = await api.FindAsync(BuiltInTypes.ServiceAccounts, key.Namespace, name, ct);
            if (live is null || (uid.Length > 0 && uid != live.Metadata.Uid))
            {
                await DeleteAsync(secret, ct);
                return Outcome.Done;
            }

            account = live;
        }

        await FillAsync(secret, account, ct);
        return Outcome.Done;
    }

    private async Task DeleteAsync(V1Secret secret, CancellationToken ct)
    {
        try
        {
            var options = new DeleteOptions { PreconditionUid = secret.Metadata.Uid, PreconditionResourceVersion = secret.Metadata.ResourceVersion };
            await api.DeleteAsync(BuiltInTypes.Secrets, secret.Metadata.NamespaceProperty, secret.Metadata.Name, options, ct);
        }
        catch (StatusException changed) when (changed.Status.Reason == "Conflict")
        {
            // The change is the cache's next event.
        }
    }

    private async Task FillAsync(V1Secret secret, V1ServiceAccount account, CancellationToken ct)
    {
        var ns = secret.Metadata.NamespaceProperty;
        var root = Encoding.UTF8.GetBytes(issuer.RootCertificate);
        var hasToken = secret.Data?.TryGetValue("token", out var token) == true && token.Length > 0;
        var hasRoot = secret.Data?.TryGetValue("ca.crt", out var kept) == true && kept.AsSpan().SequenceEqual(root);
        var hasNamespace = secret.Data?.ContainsKey("namespace") == true;
        if (hasToken && hasRoot && hasNamespace && Annotation(secret, UidAnnotation).Length > 0) return;
        var filled = BuiltInTypes.Secrets.Copy(secret);
        filled.Data = new Dictionary<string, byte[]>(secret.Data ?? new Dictionary<string, byte[]>()) { ["ca.crt"] = root };
        if (!hasNamespace) filled.Data["namespace"] = Encoding.UTF8.GetBytes(ns);
        if (!hasToken) filled.Data["token"] = Encoding.UTF8.GetBytes(issuer.TokenForSecret(ns, account.Metadata.Name, account.Metadata.Uid, secret.Metadata.Name));
        filled.Metadata.Annotations = new Dictionary<string, string>(secret.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            [NameAnnotation] = account.Metadata.Name,
            [UidAnnotation] = account.Metadata.Uid,
        };
        await api.ReplaceAsync(BuiltInTypes.Secrets, filled, "", ct);
    }

    private static string Annotation(V1Secret secret, string name) => secret.Metadata.Annotations?.TryGetValue(name, out var value) == true ? value : "";
}

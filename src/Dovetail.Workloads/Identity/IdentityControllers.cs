using System.Collections.Immutable;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Bootstrap;
using Dovetail.Workloads.Certificates;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.Identity;

/// <summary>The controllers of who is who: service accounts and their tokens, root certificates, aggregated roles, certificate signing requests, bootstrap tokens.</summary>
public sealed class IdentityControllers(IKubeApi api, SharedCaches caches, ICredentialIssuer issuer, TimeProvider time, Random random, ILoggerFactory loggers)
{
    public ImmutableArray<IRunnable> Create()
    {
        var namespaces = caches.For(BuiltInTypes.Namespaces);
        var accounts = caches.For(BuiltInTypes.ServiceAccounts);
        var roles = caches.For(BuiltInTypes.ClusterRoles);
        var requests = caches.For(BuiltInTypes.CertificateSigningRequests);
        // Few of many: other ConfigMaps and Secrets are nobody's business here.
        var certificates = Selected(BuiltInTypes.ConfigMaps, $"metadata.name={RootCertificates.Name}");
        var secrets = Selected(BuiltInTypes.Secrets, $"type={TokenSecrets.Type}");
        secrets.AddIndex(TokenSecrets.ByAccount, TokenSecrets.AccountOf);
        var info = Selected(BuiltInTypes.ConfigMaps, $"metadata.name={ClusterInfoSigner.Name}", ClusterInfoSigner.Namespace);
        var tokens = Selected(BuiltInTypes.Secrets, $"type={BootstrapToken.Type}", BootstrapToken.Namespace);
        return
        [
            certificates,
            secrets,
            info,
            tokens,
            New("service-accounts", new DefaultServiceAccounts(api, namespaces, accounts))
                .Watch(namespaces, Itself)
                .Watch(accounts, account => account.Metadata.Name == DefaultServiceAccounts.Name ? [new NamespacedName("", account.Metadata.NamespaceProperty)] : []),
            New("root-ca-cert-publisher", new RootCertificates(api, namespaces, certificates, issuer))
                .Watch(namespaces, Itself)
                .Watch(certificates, map => [new NamespacedName("", map.Metadata.NamespaceProperty)]),
            New("service-account-tokens", new TokenSecrets(api, secrets, accounts, issuer))
                .Watch(secrets, Itself)
                .Watch(accounts, account => secrets.ByIndex(TokenSecrets.ByAccount, $"{account.Metadata.NamespaceProperty}/{account.Metadata.Name}").Select(NamespacedName.Of)),
            New("clusterrole-aggregation", new ClusterRoleAggregation(api, roles), workers: 1)
                .Watch(roles, _ => roles.List().Where(role => role.AggregationRule is not null).Select(NamespacedName.Of)),
            New("csr-approving", new RequestApprover(api, requests)).Watch(requests, Itself),
            New("csr-signing", new RequestSigner(api, requests, issuer, time)).Watch(requests, Itself),
            New("bootstrap-signer", new ClusterInfoSigner(api, info, tokens, time), workers: 1)
                .Watch(info, Itself)
                .Watch(tokens, _ => [ClusterInfoSigner.Key]),
            New("token-cleaner", new TokenCleaner(api, tokens, time), workers: 1).Watch(tokens, Itself),
            New("csr-cleaner", new RequestCleaner(api, requests, time), workers: 1).Watch(requests, Itself),
        ];
    }

    private Informer<T> Selected<T>(ResourceType<T> type, string fieldSelector, string ns = "")
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        new(api, type, new InformerOptions { Namespace = ns, FieldSelector = fieldSelector }, time, random, loggers.CreateLogger<SharedCaches>());

    private Controller<NamespacedName> New(string name, IReconciler<NamespacedName> reconciler, int workers = 4) =>
        new(name, reconciler, new ControllerOptions { Workers = workers }, time, random, loggers.CreateLogger($"Dovetail.Workloads.{name}"));

    private static IEnumerable<NamespacedName> Itself(IKubernetesObject<V1ObjectMeta> obj) => [NamespacedName.Of(obj)];
}

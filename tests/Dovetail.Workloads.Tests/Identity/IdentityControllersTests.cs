using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.Runtime.Seam;
using Dovetail.Workloads.Certificates;
using Dovetail.Workloads.Identity;
using k8s.Models;

namespace Dovetail.Workloads.Tests.Identity;

public sealed class IdentityControllersTests
{
    private readonly SteppedWorld world = new(new PlainIssuer());

    [Fact]
    public void A_namespace_gets_its_account_and_its_root_certificate_and_gets_them_back()
    {
        world.Create(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = "demo" } });
        world.Find(BuiltInTypes.ServiceAccounts, "demo", "default").ShouldNotBeNull();
        world.Find(BuiltInTypes.ConfigMaps, "demo", "kube-root-ca.crt")!.Data["ca.crt"].ShouldBe(PlainIssuer.Root);
        world.Delete(BuiltInTypes.ServiceAccounts, "demo", "default");
        world.Delete(BuiltInTypes.ConfigMaps, "demo", "kube-root-ca.crt");
        world.Find(BuiltInTypes.ServiceAccounts, "demo", "default").ShouldNotBeNull();
        world.Find(BuiltInTypes.ConfigMaps, "demo", "kube-root-ca.crt").ShouldNotBeNull();
    }

    [Fact]
    public void A_token_secret_is_filled_and_goes_with_its_account()
    {
        var account = world.Create(BuiltInTypes.ServiceAccounts, new V1ServiceAccount { Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = "bot" } });
        Secret("bot-token", "bot");
        var filled = world.Find(BuiltInTypes.Secrets, "default", "bot-token")!;
        Encoding.UTF8.GetString(filled.Data["token"]).ShouldBe($"default/bot/{account.Metadata.Uid}/bot-token");
        Encoding.UTF8.GetString(filled.Data["namespace"]).ShouldBe("default");
        filled.Metadata.Annotations[TokenSecrets.UidAnnotation].ShouldBe(account.Metadata.Uid);
        world.Delete(BuiltInTypes.ServiceAccounts, "default", "bot");
        world.Find(BuiltInTypes.Secrets, "default", "bot-token").ShouldBeNull();
    }

    [Fact]
    public void A_role_gathers_the_rules_of_the_roles_that_it_selects_each_once()
    {
        Role("whole", new Dictionary<string, string>(), [], new V1AggregationRule { ClusterRoleSelectors = [new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["in"] = "yes" } }] });
        Role("b", new Dictionary<string, string> { ["in"] = "yes" }, [Rule("get", "pods"), Rule("list", "nodes")]);
        Role("a", new Dictionary<string, string> { ["in"] = "yes" }, [Rule("get", "pods")]);
        Role("other", new Dictionary<string, string> { ["in"] = "no" }, [Rule("delete", "pods")]);
        Gathered().ShouldBe(["get pods", "list nodes"]);
        world.Delete(BuiltInTypes.ClusterRoles, "", "b");
        Gathered().ShouldBe(["get pods"]);
    }

    [Fact]
    public void An_approved_request_is_certified_and_taken_away_an_hour_later()
    {
        Request("csr", SignerPlanner.Client, "CN=alice", "client auth");
        world.Find(BuiltInTypes.CertificateSigningRequests, "", "csr")!.Status?.Certificate.ShouldBeNull();
        Approve("csr");
        Encoding.UTF8.GetString(world.Find(BuiltInTypes.CertificateSigningRequests, "", "csr")!.Status.Certificate).ShouldBe("certificate for client auth over 365.00:00:00");
        world.Pass(TimeSpan.FromMinutes(59));
        world.Find(BuiltInTypes.CertificateSigningRequests, "", "csr").ShouldNotBeNull();
        world.Pass(TimeSpan.FromMinutes(2));
        world.Find(BuiltInTypes.CertificateSigningRequests, "", "csr").ShouldBeNull();
    }

    [Fact]
    public void A_request_that_its_signer_cannot_certify_fails_with_the_reason()
    {
        Request("csr", SignerPlanner.Client, "CN=alice", "server auth");
        Approve("csr");
        var failed = world.Find(BuiltInTypes.CertificateSigningRequests, "", "csr")!.Status.Conditions.Single(c => c.Type == "Failed");
        (failed.Reason, failed.Message).ShouldBe(("SignerValidationFailure", "invalid usage for client certificate: server auth"));
    }

    [Fact]
    public void A_nodes_request_is_approved_when_its_maker_may()
    {
        Request("csr", SignerPlanner.KubeletClient, "O=system:nodes,CN=system:node:n1", "client auth", "digital signature");
        var csr = world.Find(BuiltInTypes.CertificateSigningRequests, "", "csr")!;
        csr.Status.Conditions.Single().Message.ShouldBe("Auto approving kubelet client certificate after SubjectAccessReview.");
        csr.Status.Certificate.ShouldNotBeNull();
    }

    private string[] Gathered() => [.. world.Find(BuiltInTypes.ClusterRoles, "", "whole")!.Rules.Select(r => $"{r.Verbs[0]} {r.Resources[0]}")];

    private static V1PolicyRule Rule(string verb, string resource) => new() { Verbs = [verb], ApiGroups = [""], Resources = [resource] };

    private void Role(string name, Dictionary<string, string> labels, V1PolicyRule[] rules, V1AggregationRule? aggregation = null) =>
        world.Create(BuiltInTypes.ClusterRoles, new V1ClusterRole { Metadata = new V1ObjectMeta { Name = name, Labels = labels }, Rules = rules, AggregationRule = aggregation });

    private void Secret(string name, string account) => world.Create(BuiltInTypes.Secrets, new V1Secret
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name, Annotations = new Dictionary<string, string> { [TokenSecrets.NameAnnotation] = account } },
        Type = TokenSecrets.Type,
    });

    private void Request(string name, string signer, string subject, params string[] usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        world.Create(BuiltInTypes.CertificateSigningRequests, new V1CertificateSigningRequest
        {
            Metadata = new V1ObjectMeta { Name = name },
            Spec = new V1CertificateSigningRequestSpec { Request = Encoding.ASCII.GetBytes(pem), SignerName = signer, Usages = usages },
        });
    }

    private void Approve(string name) => world.Replace(
        BuiltInTypes.CertificateSigningRequests,
        "",
        name,
        "approval",
        csr => csr.Status = new V1CertificateSigningRequestStatus { Conditions = [new V1CertificateSigningRequestCondition { Type = "Approved", Status = "True", Reason = "Test" }] });

    /// <summary>Says what it was asked for.</summary>
    internal sealed class PlainIssuer : ICredentialIssuer
    {
        public const string Root = "root certificate";

        public string RootCertificate => Root;

        public string TokenForSecret(string ns, string account, string accountUid, string secret) => $"{ns}/{account}/{accountUid}/{secret}";

        public byte[] Certify(ReadOnlyMemory<byte> request, IReadOnlyCollection<string> usages, TimeSpan lifetime) => Encoding.UTF8.GetBytes($"certificate for {string.Join(", ", usages)} over {lifetime}");
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Certificates;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Security;

public sealed class SigningRequestTests
{
    private const string Signer = "kubernetes.io/kube-apiserver-client";
    private static readonly UserInfo Alice = new("alice", ["system:authenticated"]);
    private readonly RegistryHarness api = new();

    [Fact]
    public void A_request_says_who_made_it_whatever_its_maker_says()
    {
        var spec = Create("a", Pem("CN=alice"), "\"username\":\"root\",\"groups\":[\"system:masters\"]").Child("spec")!;
        spec.Text("username").ShouldBe("admin");
        spec.Strings("groups").ShouldBe(["system:masters", "system:authenticated"]);
    }

    [Fact]
    public void Only_approval_approves_and_only_status_certifies()
    {
        var csr = Create("a", Pem("CN=alice"));
        csr["status"] = new JsonObject { ["conditions"] = new JsonArray(Condition("Approved")) };
        Refused(() => api.Update(At("a", "status"), csr)).Message.ShouldContain("status.conditions: Forbidden: updates may not add a condition of type \"Approved\"");
        var approved = api.Update(At("a", "approval"), csr);
        approved["status"]!["conditions"]![0]!.AsObject().Text("lastUpdateTime").ShouldBe("2026-01-02T03:04:05Z");
        approved["status"]!["certificate"] = Convert.ToBase64String(Encoding.ASCII.GetBytes("x"));
        api.Update(At("a", "approval"), approved).Child("status")!.ContainsKey("certificate").ShouldBeFalse();
        var signed = api.Get(At("a"));
        signed["status"]!["certificate"] = Convert.ToBase64String(Encoding.ASCII.GetBytes("x"));
        api.Update(At("a", "status"), signed).Child("status")!.Text("certificate").ShouldNotBeEmpty();
        var changed = api.Get(At("a"));
        changed["spec"]!["signerName"] = "example.com/other";
        changed["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
        api.Update(At("a"), changed).Child("spec")!.Text("signerName").ShouldBe(Signer);
    }

    [Fact]
    public async Task Approving_takes_the_right_to_the_signer()
    {
        await api.Registry.BootstrapAsync(default);
        Create("a", Pem("CN=alice"));
        Rbac.RbacHarness.ClusterRole(api, "updater", """{"verbs":["update","patch"],"apiGroups":["certificates.k8s.io"],"resources":["certificatesigningrequests/approval"]}""");
        Rbac.RbacHarness.Bind(api, "", "updater", "ClusterRole/updater", "User/alice");
        var csr = api.Get(At("a"));
        csr["status"] = new JsonObject { ["conditions"] = new JsonArray(Condition("Approved")) };
        var approval = At("a", "approval") with { User = Alice };
        Refused(() => api.Update(approval, csr)).Message.ShouldBe($"certificatesigningrequests.certificates.k8s.io \"a\" is forbidden: user not permitted to approve requests with signerName \"{Signer}\"");
        Rbac.RbacHarness.Bind(api, "", "approver", "ClusterRole/system:certificates.k8s.io:kube-apiserver-client-approver", "User/alice");
        api.Update(approval, csr);
    }

    [Fact]
    public void What_is_wrong_with_a_request_is_told_at_once_in_upstreams_order()
    {
        var refused = Refused(() => api.Create(
            Target("certificates.k8s.io", "v1", "certificatesigningrequests"),
            """{"metadata":{"name":"b"},"spec":{"request":"aGVsbG8=","signerName":"foo","usages":["client auth","client auth","bad"],"expirationSeconds":5}}"""));
        refused.Causes.Select(c => c.Field).ShouldBe(["spec.request", "spec.usages[2]", "spec.usages[1]", "spec.signerName", "spec.expirationSeconds"]);
        refused.Causes[0].Message.ShouldBe("Invalid value: \"aGVsbG8=\": PEM block type must be CERTIFICATE REQUEST");
        Refused(() => Create("c", Pem("O=system:masters,CN=eve"))).Message.ShouldBe(
            $"certificatesigningrequests.certificates.k8s.io \"c\" is forbidden: use of {Signer} signer with system:masters group is not allowed");
    }

    [Fact]
    public void A_certificate_holds_what_was_asked_for_and_proves_the_user()
    {
        var folder = Directory.CreateTempSubdirectory("dovetail-signer-").FullName;
        try
        {
            using var authority = CertificateAuthority.LoadOrCreate(folder, api.Time);
            var pem = new CertificateSigner(authority, api.Time).Certify(SigningRequest.Parse(Encoding.ASCII.GetBytes(Pem("O=dev,CN=alice"))), ["client auth", "digital signature"], TimeSpan.FromHours(1));
            using var certificate = X509Certificate2.CreateFromPem(pem);
            var user = ClientCertificates.Authenticate(authority.Certificate, certificate, api.Time.GetUtcNow()).ShouldNotBeNull();
            (user.Name, string.Join(',', user.Groups)).ShouldBe(("alice", "dev,system:authenticated"));
            ClientCertificates.Authenticate(authority.Certificate, certificate, api.Time.GetUtcNow() + TimeSpan.FromMinutes(61)).ShouldBeNull();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ObjectTarget At(string name, string subresource = "") => Target("certificates.k8s.io", "v1", "certificatesigningrequests", name: name, subresource: subresource);

    private static JsonObject Condition(string type) => new() { ["type"] = type, ["status"] = "True", ["reason"] = "Test" };

    private static string Pem(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    private JsonObject Create(string name, string pem, string more = "\"usages\":[\"client auth\"]")
    {
        var usages = more.Contains("usages", StringComparison.Ordinal) ? more : $"{more},\"usages\":[\"client auth\"]";
        var request = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
        return api.Create(Target("certificates.k8s.io", "v1", "certificatesigningrequests"), $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"request":"{{{request}}}","signerName":"{{{Signer}}}",{{{usages}}}}}""");
    }
}

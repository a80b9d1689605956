using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dovetail.ApiServer.Security;
using Dovetail.Cli.Hosting;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Kubeconfig;
using Dovetail.Node.Host;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Cli.Tests.Platform;

/// <summary>Records of processes, and the kubeconfig that users and Ansible read.</summary>
public sealed class PlatformFilesTests : IDisposable
{
    private readonly DataDirectory data = DataDirectory.Ensure(Directory.CreateTempSubdirectory("dovetail-files-").FullName);

    public void Dispose() => Directory.Delete(data.Root, recursive: true);

    [Fact]
    public void A_part_is_found_by_its_record_as_long_as_it_is_the_same_process()
    {
        var self = ProcessId.Of(Environment.ProcessId)!.Value;
        PartRecord.FindAlive(data, Parts.Server).ShouldBeNull();
        PartRecord.Write(data, Parts.Server, self);
        PartRecord.FindAlive(data, Parts.Server).ShouldBe(self);

        // The same number after a restart of the machine, or taken by a later process, is somebody else.
        PartRecord.Write(data, Parts.Server, self with { StartTicks = self.StartTicks + 1 });
        PartRecord.FindAlive(data, Parts.Server).ShouldBeNull();
        PartRecord.Write(data, Parts.Server, self with { BootId = "another" });
        PartRecord.FindAlive(data, Parts.Server).ShouldBeNull();
    }

    [Fact]
    public void A_torn_record_counts_as_none()
    {
        File.WriteAllText(data.Record(Parts.Node), """{"pid": 1""");
        PartRecord.FindAlive(data, Parts.Node).ShouldBeNull();
    }

    /// <summary>On a full disk a new file cannot be written; a part whose record is lost is found by neither status nor down.</summary>
    [Fact]
    public void A_record_can_be_written_where_the_last_one_lies()
    {
        var self = ProcessId.Of(Environment.ProcessId)!.Value;
        PartRecord.Write(data, Parts.Server, self with { Pid = int.MaxValue });
        var length = new FileInfo(data.Record(Parts.Server)).Length;
        PartRecord.WriteInPlace(data.Record(Parts.Server), Encoding.UTF8.GetBytes($$"""{"pid":{{self.Pid}},"startTicks":{{self.StartTicks}},"bootId":"{{self.BootId}}"}"""));
        PartRecord.FindAlive(data, Parts.Server).ShouldBe(self);
        new FileInfo(data.Record(Parts.Server)).Length.ShouldBe(length);
    }

    [Fact]
    public void The_kubeconfig_carries_certificate_key_and_authority_inline_and_is_for_its_owner_only()
    {
        using var authority = CertificateAuthority.LoadOrCreate(data.Pki, TimeProvider.System);
        var settings = new Settings().With("127.0.0.1:7443", null, noNode: true);
        PlatformIdentity.Ensure(authority, data, settings, "node-1");

        File.GetUnixFileMode(data.Kubeconfig).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var text = File.ReadAllText(data.Kubeconfig);
        text.ShouldContain("server: https://127.0.0.1:7443");
        Inline(text, "certificate-authority-data").ShouldBe(authority.CertificatePem);
        using var certificate = X509Certificate2.CreateFromPem(Inline(text, "client-certificate-data"), Inline(text, "client-key-data"));
        certificate.Subject.ShouldContain("O=system:masters");
        certificate.GetECDsaPrivateKey().ShouldNotBeNull();
        File.Exists(data.NodeKubeconfig).ShouldBeFalse("a platform without a node has no identity for one");
    }

    [Fact]
    public void A_second_start_leaves_the_kubeconfig_as_it_is()
    {
        using var authority = CertificateAuthority.LoadOrCreate(data.Pki, TimeProvider.System);
        var settings = new Settings();
        PlatformIdentity.Ensure(authority, data, settings, "node-1");
        var (first, node) = (File.ReadAllText(data.Kubeconfig), File.ReadAllText(data.NodeKubeconfig));
        PlatformIdentity.Ensure(authority, data, settings, "node-1");
        File.ReadAllText(data.Kubeconfig).ShouldBe(first);
        File.ReadAllText(data.NodeKubeconfig).ShouldBe(node);
    }

    [Fact]
    public void With_a_renewed_certificate_the_admins_kubeconfig_is_written_anew_and_the_nodes_connection_follows_the_file()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var authority = CertificateAuthority.LoadOrCreate(data.Pki, time, TimeSpan.FromDays(30));
        var identity = PlatformIdentity.Ensure(authority, data, new Settings(), "node-1");
        var (before, node) = (File.ReadAllText(data.Kubeconfig), KubeconfigLoader.Load(new ConfigOverrides { Kubeconfig = data.NodeKubeconfig }, _ => null).ClientCertificateFiles!);
        var shown = node.Current;
        shown.Subject.ShouldContain("CN=system:node:node-1");
        node.Current.ShouldBeSameAs(shown);

        time.Advance(TimeSpan.FromDays(28));
        foreach (var one in identity.All) one.Refresh().Renew.ShouldBeTrue(one.Name);

        var after = File.ReadAllText(data.Kubeconfig);
        after.ShouldNotBe(before);
        using var certificate = X509Certificate2.CreateFromPem(Inline(after, "client-certificate-data"), Inline(after, "client-key-data"));
        certificate.NotAfter.ToUniversalTime().ShouldBeGreaterThan(time.GetUtcNow().UtcDateTime.AddDays(29));
        node.Current.Thumbprint.ShouldNotBe(shown.Thumbprint);

        // Another program may have a certificate and its key in two files: until both are new, the pair before serves.
        var (torn, path) = (authority.IssueClient("other", []), Path.Combine(data.Pki, "node.pem"));
        var last = node.Current;
        File.WriteAllText(path, torn.CertificatePem);
        node.Current.Thumbprint.ShouldBe(last.Thumbprint);
        File.WriteAllText(path, torn.ToPem());
        node.Current.Subject.ShouldBe("CN=other");
    }

    private static string Inline(string kubeconfig, string field) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(kubeconfig.Split('\n').Single(l => l.Trim().StartsWith(field + ":", StringComparison.Ordinal)).Split(": ")[1]));
}

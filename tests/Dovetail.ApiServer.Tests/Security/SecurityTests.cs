using Dovetail.ApiServer.Security;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.ApiServer.Tests.Security;

public sealed class SecurityTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-pki-").FullName;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void An_authority_is_made_once_and_its_keys_are_the_owners_alone()
    {
        using var first = CertificateAuthority.LoadOrCreate(folder, time);
        first.KeepClient("admin", "admin", ["system:masters"]);
        using var second = CertificateAuthority.LoadOrCreate(folder, time);

        second.CertificatePem.ShouldBe(first.CertificatePem);
        if (OperatingSystem.IsWindows()) return;
        foreach (var key in Directory.GetFiles(folder, "*.pem").Append(Path.Combine(folder, "ca.key"))) File.GetUnixFileMode(key).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_lost_certificate_of_the_authority_is_made_again_from_its_key_and_what_it_signed_stays_good()
    {
        using var first = CertificateAuthority.LoadOrCreate(folder, time);
        var client = first.KeepClient("admin", "admin", ["system:masters"]).Issued;
        File.Delete(Path.Combine(folder, "ca.crt"));

        using var second = CertificateAuthority.LoadOrCreate(folder, time);

        second.KeepClient("admin", "admin", ["system:masters"]).Issued.ShouldBe(client);
    }

    [Fact]
    public void A_certificate_is_kept_until_it_is_near_its_end_or_its_names_change()
    {
        using var authority = CertificateAuthority.LoadOrCreate(folder, time);
        var first = authority.KeepServer("s", "server", ["localhost", "127.0.0.1"]).Issued;

        authority.KeepServer("s", "server", ["127.0.0.1", "localhost"]).Issued.ShouldBe(first);
        authority.KeepServer("s", "server", ["127.0.0.1", "other"]).Issued.ShouldNotBe(first);
        var kept = authority.KeepServer("s", "server", ["127.0.0.1", "other"]).Issued;
        time.Advance(CertificateAuthority.LeafLifetime * 0.9);
        authority.KeepServer("s", "server", ["127.0.0.1", "other"]).Issued.ShouldNotBe(kept);
    }

    [Fact]
    public void A_client_certificate_names_user_and_groups_until_it_expires()
    {
        using var authority = CertificateAuthority.LoadOrCreate(folder, time);
        using var certificate = authority.IssueClient("alice", ["dev", "ops"]).ToX509();

        var user = ClientCertificates.Authenticate(authority.Certificate, certificate, time.GetUtcNow())!;
        user.Name.ShouldBe("alice");
        user.Groups.ShouldBe(["dev", "ops", "system:authenticated"], ignoreOrder: true);
        ClientCertificates.Authenticate(authority.Certificate, certificate, time.GetUtcNow() + CertificateAuthority.LeafLifetime + TimeSpan.FromDays(1)).ShouldBeNull();
    }

    [Fact]
    public void A_token_file_is_read_as_upstream_reads_it()
    {
        var tokens = TokenFile.Parse(["t1,alice,1,\"dev,ops\"", "", "t2,bob,2"], "f");

        tokens.Find("t1")!.Groups.ShouldBe(["dev", "ops", "system:authenticated"]);
        tokens.Find("t2")!.Name.ShouldBe("bob");
        tokens.Find("t3").ShouldBeNull();
    }

    [Theory]
    [InlineData("secret,alice", "has 2 fields")]
    [InlineData("secret,,1", "empty user name")]
    [InlineData(",alice,1", "empty token")]
    [InlineData("secret,alice,1,\"dev", "quotation mark")]
    public void A_bad_token_file_is_refused_by_line_and_without_its_token(string line, string what)
    {
        var refusal = Should.Throw<InvalidDataException>(() => TokenFile.Parse(["good,bob,1", line], "tokens.csv"));

        refusal.Message.ShouldContain("tokens.csv: line 2");
        refusal.Message.ShouldContain(what);
        refusal.Message.ShouldNotContain("secret");
    }
}

using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Dovetail.ApiServer.Security;
using Dovetail.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.ApiServer.Tests.Security;

/// <summary>Our own certificates are renewed in time, as whole files, under a running server.</summary>
public sealed class RotationTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("dovetail-rotation-").FullName;
    private readonly FakeTimeProvider time = new(Start);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(0.0, 69.9, false)]
    [InlineData(0.0, 70, true)]
    [InlineData(0.5, 79.9, false)]
    [InlineData(0.5, 80, true)]
    [InlineData(0.999, 90, true)]
    [InlineData(0.999, 89.7, false)]
    public void A_certificate_is_due_between_70_and_90_percent_of_its_life_by_its_own_jitter(double jitter, double percent, bool renew)
    {
        var life = TimeSpan.FromDays(100);
        var plan = RotationPlanner.Decide(new CertificateFacts(Start, Start + life, Start + (life * 10), jitter, Fits: true), Start + (life * percent / 100));

        plan.Renew.ShouldBe(renew);
        plan.Due.ShouldBe(Start + (life * (0.7 + (0.2 * jitter))), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void None_one_that_does_not_fit_and_one_from_the_future_are_replaced_at_once()
    {
        var fine = new CertificateFacts(Start, Start.AddDays(10), Start.AddDays(100), 0, Fits: true);

        RotationPlanner.Decide(null, Start).Renew.ShouldBeTrue();
        RotationPlanner.Decide(fine with { Fits = false }, Start).Renew.ShouldBeTrue();
        RotationPlanner.Decide(fine, Start.AddDays(-1)).Renew.ShouldBeTrue("the clock was set back");
        RotationPlanner.Decide(fine, Start).Renew.ShouldBeFalse();
    }

    [Fact]
    public void At_the_end_of_the_authority_nothing_is_renewed_that_could_not_live_longer()
    {
        var last = new CertificateFacts(Start, Start.AddDays(10), Start.AddDays(10), 0, Fits: true);

        RotationPlanner.Decide(last, Start.AddDays(9)).ShouldBe(new RotationPlan(false, DateTimeOffset.MaxValue));
        RotationPlanner.Decide(last with { Fits = false }, Start.AddDays(11)).Renew.ShouldBeFalse();
    }

    [Fact]
    public void Over_years_of_virtual_time_there_is_a_good_certificate_at_any_time_and_certificates_are_not_renewed_together()
    {
        using var authority = CertificateAuthority.LoadOrCreate(folder, time, TimeSpan.FromDays(30));
        ImmutableArray<KeptCertificate> kept = [.. Enumerable.Range(0, 8).Select(i => authority.KeepClient($"c{i}", $"user-{i}", []))];
        var renewals = new List<(int Certificate, DateTimeOffset At)>();
        for (var step = 0; step < 6 * 365; step++)
        {
            time.Advance(TimeSpan.FromHours(4));
            for (var i = 0; i < kept.Length; i++)
            {
                if (kept[i].Refresh().Renew) renewals.Add((i, time.GetUtcNow()));
                (kept[i].NotAfter - time.GetUtcNow()).ShouldBeGreaterThan(TimeSpan.FromDays(2.9), "a tenth of its life at least is always left");
            }
        }

        renewals.Count.ShouldBeInRange(8 * 12, 8 * 18);
        renewals.Where(r => r.At < Start.AddDays(30)).Select(r => r.At).Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Certificate_and_key_are_one_file_and_a_broken_one_is_replaced()
    {
        using var authority = CertificateAuthority.LoadOrCreate(folder, time);
        var first = authority.KeepClient("admin", "admin", []);
        var path = Path.Combine(folder, "admin.pem");
        using (var read = X509Certificate2.CreateFromPemFile(path, path)) read.HasPrivateKey.ShouldBeTrue();
        Directory.GetFiles(folder).Select(Path.GetFileName).ShouldBe(["admin.pem", "ca.crt", "ca.key"], ignoreOrder: true);

        // Another's key after this certificate: what two files might be after a crash.
        File.WriteAllText(path, first.Issued.CertificatePem + authority.IssueClient("other", []).KeyPem);
        var second = authority.KeepClient("admin", "admin", []);
        second.Issued.ShouldNotBe(first.Issued);
        IssuedCertificate.Parse(File.ReadAllText(path)).ShouldBe(second.Issued);
    }

    [Fact]
    public void What_could_not_be_written_leaves_the_certificate_before_in_use_and_is_done_later()
    {
        using var authority = CertificateAuthority.LoadOrCreate(folder, time, TimeSpan.FromDays(10));
        var kept = authority.KeepClient("admin", "admin", []);
        var published = new List<IssuedCertificate>();
        var broken = false;
        kept.PublishTo(issued =>
        {
            if (broken) throw new IOException("the disk is full");
            published.Add(issued);
        });
        var before = kept.Issued;
        published.ShouldBe([before]);

        var obstacle = Directory.CreateDirectory(Path.Combine(folder, "admin.pem.new"));
        time.Advance(TimeSpan.FromDays(9.5));
        Should.Throw<Exception>(() => kept.Refresh()).ShouldBeAssignableTo<SystemException>();
        kept.Issued.ShouldBe(before);

        obstacle.Delete();
        broken = true;
        Should.Throw<IOException>(() => kept.Refresh());
        kept.Issued.ShouldNotBe(before, "the file was written, only the kubeconfig could not be");
        broken = false;
        kept.Refresh().Renew.ShouldBeFalse();
        published.ShouldBe([before, kept.Issued]);
    }

    [Fact]
    public void An_authority_in_its_last_year_is_certified_again_at_a_start_and_what_it_signed_stays_good()
    {
        IssuedCertificate client;
        string before;
        using (var first = CertificateAuthority.LoadOrCreate(folder, time, TimeSpan.FromDays(3650)))
        {
            (client, before) = (first.IssueClient("alice", []), first.CertificatePem);
            first.NearsItsEnd(time.GetUtcNow()).ShouldBeFalse();
            time.Advance(TimeSpan.FromDays(3300));
            first.NearsItsEnd(time.GetUtcNow()).ShouldBeTrue();
        }

        using var second = CertificateAuthority.LoadOrCreate(folder, time);
        second.CertificatePem.ShouldNotBe(before);
        using var certificate = client.ToX509();
        ClientCertificates.Authenticate(second.Certificate, certificate, time.GetUtcNow())!.Name.ShouldBe("alice");
        // And who knows the old certificate still trusts what is issued now.
        using var known = X509Certificate2.CreateFromPem(before);
        using var late = second.IssueClient("bob", []).ToX509();
        ClientCertificates.Authenticate(known, late, time.GetUtcNow())!.Name.ShouldBe("bob");
    }

    [Fact]
    public async Task A_running_server_shows_a_new_certificate_and_open_connections_go_on()
    {
        var now = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var store = new MemoryRevisionStore();
        var options = new ApiServerOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), PkiFolder = folder, CertificateLifetime = TimeSpan.FromHours(10) };
        await using var server = await ApiServerHost.StartAsync(options, store, [], [], now, NullLoggerFactory.Instance, Ct);
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsOurs } }) { BaseAddress = server.Address };
        (await client.GetStringAsync("/livez", Ct)).ShouldBe("ok");
        var first = await ShownAsync(server.Address);
        (await ShownAsync(server.Address)).ShouldBe(first);

        now.Advance(TimeSpan.FromHours(9.5));
        var limit = TimeProvider.System.GetTimestamp();
        while (await ShownAsync(server.Address) == first) TimeProvider.System.GetElapsedTime(limit).ShouldBeLessThan(TimeSpan.FromMinutes(1), "the certificate was not renewed");

        (await client.GetStringAsync("/livez", Ct)).ShouldBe("ok", "an open connection does not care");
        var metrics = await AdminAsync(server, "/metrics");
        metrics.ShouldContain("dovetail_certificate_expiration_timestamp_seconds{certificate=\"apiserver\"}");
        metrics.ShouldContain("dovetail_certificate_expiration_timestamp_seconds{certificate=\"ca\"}");
    }

    /// <summary>The server's clock is ahead of this machine's: a chain would not be valid yet.</summary>
    private static bool IsOurs(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) => shown?.Issuer == "CN=dovetail-ca";

    private static async Task<string> AdminAsync(ApiServerHost server, string path)
    {
        using var admin = server.Authority.IssueClient("admin", ["system:masters"]).ForTls();
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsOurs, ClientCertificates = [admin] } }) { BaseAddress = server.Address };
        return await client.GetStringAsync(path, Ct);
    }

    private static async Task<string> ShownAsync(Uri server)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Port, Ct);
        await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, IsOurs);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Ct);
        return tls.RemoteCertificate!.GetCertHashString();
    }
}

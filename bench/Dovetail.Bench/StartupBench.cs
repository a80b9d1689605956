using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.Bench;

/// <summary>From nothing to a ready node, and what the platform takes when nobody asks anything of it.</summary>
internal static class StartupBench
{
    private const int Rounds = 5;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    public static async Task<Results> RunAsync(BenchPlatform platform, CancellationToken ct)
    {
        var results = new Results();
        await platform.UpAsync(ct); // packages, certificates and the first write of everything
        var ups = new List<double>();
        var answers = new List<double>();
        var serverCpu = new List<double>(); // beside wall time, because it does not depend on who else uses the machine
        var nodeCpu = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            await platform.DownAsync(ct);
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var answering = FirstAnswerAsync(platform, watching.Token);
            ups.Add(await platform.UpAsync(ct));
            var answeredAt = await answering;
            var server = await platform.PidAsync("server", ct);
            serverCpu.Add(ProcessFigures.CpuSeconds(server) * 1000);
            nodeCpu.Add(ProcessFigures.CpuSeconds(await platform.PidAsync("node", ct)) * 1000);
            // The server's age now, less the time since its first answer, is what it needed.
            answers.Add(ProcessFigures.AgeMilliseconds(server) - Stopwatch.GetElapsedTime(answeredAt).TotalMilliseconds);
        }

        results.AddSeries("up to node Ready", ups, "ms", 2000);
        results.AddSeries("server process start to API answering", answers, "ms", 500);
        results.AddSeries("CPU of server until node Ready", serverCpu, "ms");
        results.AddSeries("CPU of node agent until node Ready", nodeCpu, "ms");
        await Task.Delay(Settle, TimeProvider.System, ct);
        var parts = new Dictionary<string, double?> { ["server"] = 100, ["node"] = 60, ["supervisor"] = null };
        var before = new Dictionary<string, (int Pid, double Cpu)>();
        foreach (var part in parts.Keys)
        {
            var pid = await platform.PidAsync(part, ct);
            before[part] = (pid, ProcessFigures.CpuSeconds(pid));
        }

        var began = Stopwatch.GetTimestamp();
        await Task.Delay(Idle, TimeProvider.System, ct);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        foreach (var (part, bound) in parts)
        {
            results.Add($"idle RSS of {part}", ProcessFigures.ResidentMegabytes(before[part].Pid), "MB", bound);
            results.Add($"idle CPU of {part}", (ProcessFigures.CpuSeconds(before[part].Pid) - before[part].Cpu) / seconds * 100, "%", 1);
        }

        return results;
    }

    /// <summary>The moment at which /readyz first says ok.</summary>
    private static async Task<long> FirstAnswerAsync(BenchPlatform platform, CancellationToken ct)
    {
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(platform.DataDir, "pki", "ca.crt"));
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(authority);
        using var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust } };
        using var http = new HttpClient(handler);
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(platform.Api, "/readyz"), ct);
                if (answer.IsSuccessStatusCode) return Stopwatch.GetTimestamp();
            }
            catch (HttpRequestException)
            {
                // Nobody listens yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System, ct);
        }
    }
}

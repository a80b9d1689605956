using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Dovetail.Bench.Api;

/// <summary>An API server that is measured: its processes, and how a client with an administrator's certificate reaches it. Disposing of it ends the processes.</summary>
internal sealed class ApiServerUnderTest(string name, Uri address, string authorityFile, string certificateFile, string keyFile, IReadOnlyDictionary<string, Process> processes) : IAsyncDisposable
{
    private readonly X509Certificate2 certificate = LoadCertificate(certificateFile, keyFile);

    public string Name => name;

    public Uri Address => address;

    public string AuthorityFile => authorityFile;

    public string CertificateFile => certificateFile;

    public string KeyFile => keyFile;

    public IReadOnlyDictionary<string, Process> Processes => processes;

    /// <summary>User and system time of all its processes, in seconds.</summary>
    public double CpuSeconds => processes.Values.Sum(p => ProcessFigures.CpuSeconds(p.Id));

    /// <summary>Resident memory of all its processes, in MB.</summary>
    public double ResidentMegabytes => processes.Values.Sum(p => ProcessFigures.ResidentMegabytes(p.Id));

    /// <summary>A client with one connection of its own.</summary>
    public HttpClient Connect()
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPemFile(authorityFile);
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, EnableMultipleHttp2Connections = false, PooledConnectionLifetime = Timeout.InfiniteTimeSpan };
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust, ClientCertificates = [certificate] };
        return new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    /// <summary>Waits until /readyz says ok; returns the seconds since the call.</summary>
    /// <exception cref="InvalidOperationException">A process ended instead.</exception>
    public async Task<double> ReadyAsync(CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        using var http = Connect();
        while (true)
        {
            if (processes.FirstOrDefault(p => p.Value.HasExited) is { Key: { } ended }) throw new InvalidOperationException($"{ended} ended with {processes[ended].ExitCode} instead of serving");
            try
            {
                using var answer = await http.GetAsync(new Uri("readyz", UriKind.Relative), ct);
                if (answer.IsSuccessStatusCode) return Stopwatch.GetElapsedTime(began).TotalSeconds;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes.Values)
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        certificate.Dispose();
    }

    private static X509Certificate2 LoadCertificate(string certificateFile, string keyFile)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dovetail.Cli.Platform;
using Dovetail.Kubeconfig;

namespace Dovetail.Cli.Tests.Crash;

/// <summary>The real server as a process of its own over a data folder, to be killed and started again. The native program when <c>DOVETAIL_CRASH_SERVER</c> names it, otherwise this build's.</summary>
internal sealed class CrashServer(string folder) : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(2);

    private Process? process;

    /// <summary>How to reach it; after the first start.</summary>
    public ClusterConnection Connection { get; private set; } = null!;

    public void Prepare()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        new Settings { Listen = probe.LocalEndpoint.ToString()!, Node = false }.Write(DataDirectory.Ensure(folder));
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        var native = Environment.GetEnvironmentVariable("DOVETAIL_CRASH_SERVER");
        var start = new ProcessStartInfo(native ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        if (native is null) start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "dovetail.dll"));
        foreach (var word in new[] { "server", "--data-dir", folder }) start.ArgumentList.Add(word);
        process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(LongestStart);
        var data = DataDirectory.Find(folder)!;
        while (true)
        {
            if (process.HasExited) throw new InvalidOperationException($"the server ended by itself with {process.ExitCode}");
            if (File.Exists(data.Kubeconfig))
            {
                Connection ??= KubeconfigLoader.Load(new ConfigOverrides { Kubeconfig = data.Kubeconfig }, _ => null);
                if (await IsReadyAsync(limit.Token)) return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await KillAsync();
    }

    private async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        try
        {
            using var http = new HttpClient(Connection.CreateHandler());
            using var answer = await http.GetAsync(Connection.At("readyz"), ct);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

using System.Diagnostics;

namespace Dovetail.Bench.Api;

/// <summary>Our server as users run it: the native binary with every embedded controller, without a node, over a data folder of the benchmark.</summary>
internal sealed class OwnServer(BenchPlatform platform, string dataFolder, int port)
{
    private string Program => Path.Combine(platform.Root, "artifacts", "bin", "dovetail");

    /// <summary>A data folder with nothing in it but what a first start makes.</summary>
    public async Task CreateAsync(CancellationToken ct)
    {
        if (Directory.Exists(dataFolder)) Directory.Delete(dataFolder, recursive: true);
        await platform.CommandAsync(Program, ["up", "--no-node", "--data-dir", dataFolder, "--listen", $"127.0.0.1:{port}"], ct);
        await platform.CommandAsync(Program, ["down", "--data-dir", dataFolder], ct);
    }

    /// <summary>Starts the process; it may not answer yet.</summary>
    public ApiServerUnderTest Start()
    {
        var start = new ProcessStartInfo(Program, ["server", "--data-dir", dataFolder]) { RedirectStandardInput = true };
        start.Environment["DOVETAIL_ROOT"] = platform.Root;
        var pki = Path.Combine(dataFolder, "pki");
        return new(
            "dovetail", new Uri($"https://127.0.0.1:{port}/"), Path.Combine(pki, "ca.crt"), Path.Combine(pki, "admin.pem"), Path.Combine(pki, "admin.pem"),
            new Dictionary<string, Process> { ["server"] = Process.Start(start)! });
    }

    public void Remove() => Directory.Delete(dataFolder, recursive: true);
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Node;
using Dovetail.Runtime.Engines;

namespace Dovetail.Bench;

/// <summary>A platform of the benchmarks' own beside any other: its data folder is kept, so that the guest image is built once.</summary>
internal sealed class BenchPlatform
{
    private const string Image = "tiny";
    private readonly string _root;
    private readonly string _config;

    private BenchPlatform(string root, string dataDir, int port, int registryPort)
    {
        (_root, DataDir, RegistryPort) = (root, dataDir, registryPort);
        ResultsFolder = Path.Combine(root, "artifacts", "bench");
        _config = Path.Combine(ResultsFolder, "configuration.yaml");
        File.WriteAllText(_config, $"apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\nlisten: 127.0.0.1:{port}\nregistry:\n  port: {registryPort}\n");
        Api = new Uri($"https://127.0.0.1:{port}");
    }

    public string DataDir { get; }

    public int RegistryPort { get; }

    public string ResultsFolder { get; }

    public Uri Api { get; }

    public string Root => _root;

    /// <summary>The reference of the guest's image in the platform's registry.</summary>
    public string GuestImage => $"127.0.0.1:{RegistryPort}/dovetail/{Image}";

    public static BenchPlatform FromEnvironment()
    {
        static int Port(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var port) ? port : otherwise;
        var root = Environment.GetEnvironmentVariable("DOVETAIL_ROOT") ?? throw new InvalidOperationException("start this with `dovetail bench`");
        return new BenchPlatform(
            root, Environment.GetEnvironmentVariable("DOVETAIL_BENCH_DATA") ?? "/var/lib/dovetail-bench", Port("DOVETAIL_BENCH_PORT", 7443), Port("DOVETAIL_BENCH_REGISTRY_PORT", 5443));
    }

    public HttpKubeApi Connect() => HttpKubeApi.FromKubeconfig(Path.Combine(DataDir, "kubeconfig"), "bench", TimeProvider.System);

    /// <summary>Brings it up; returns the wall time of the command in milliseconds.</summary>
    public async Task<double> UpAsync(CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        await DovetailAsync(ct, "up", "--config", _config);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    public async Task UpWithGuestImageAsync(CancellationToken ct)
    {
        await UpAsync(ct);
        await DovetailAsync(ct, "image", "push", Image);
    }

    public Task DownAsync(CancellationToken ct) => File.Exists(Path.Combine(DataDir, "instance.json")) ? DovetailAsync(ct, "down") : Task.CompletedTask;

    /// <summary>The process id of "server", "node" or "supervisor".</summary>
    public async Task<int> PidAsync(string part, CancellationToken ct) => (await StatusAsync(ct))[part]!["pid"]!.GetValue<int>();

    public NodePaths NodePaths => new(InstanceId, DataDir);

    public string InstanceId => JsonNode.Parse(File.ReadAllText(Path.Combine(DataDir, "instance.json")))!["id"]!.GetValue<string>();

    private async Task<JsonNode> StatusAsync(CancellationToken ct) => JsonNode.Parse(await DovetailAsync(ct, "status", "-o", "json"))!;

    private Task<string> DovetailAsync(CancellationToken ct, params string[] arguments) =>
        CommandAsync(Path.Combine(_root, "artifacts", "bin", "dovetail"), [.. arguments, "--data-dir", DataDir], ct);

    /// <summary>Runs a command and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public async Task<string> CommandAsync(string program, IEnumerable<string> arguments, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOVETAIL_ROOT"] = _root;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(ct);
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed with {process.ExitCode}: {await error}{output}");
    }
}

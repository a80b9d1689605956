using System.Text.Json;
using System.Text.Json.Serialization;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Kubeconfig;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;

namespace Dovetail.Cli.Commands;

/// <summary>One process: its id, or null when it does not run.</summary>
public sealed record PartStatus([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Pid);

/// <summary>What <c>status -o json</c> prints.</summary>
public sealed record StatusReport
{
    /// <summary>Ready, NotReady or Stopped.</summary>
    public required string Health { get; init; }

    /// <summary>What is missing, when not Ready.</summary>
    public string? Message { get; init; }

    public required string Version { get; init; }

    public required string DataDir { get; init; }

    public string? Instance { get; init; }

    public string? Api { get; init; }

    public string? Kubeconfig { get; init; }

    public string? Registry { get; init; }

    public string? NodeName { get; init; }

    public required PartStatus Supervisor { get; init; }

    public required PartStatus Server { get; init; }

    public required PartStatus Node { get; init; }

    public PartStatus? Containerd { get; init; }

    /// <summary>The registry's process.</summary>
    public PartStatus? RegistryProcess { get; init; }
}

/// <summary><c>dovetail status</c>; exit code 0 when ready.</summary>
internal sealed class StatusCommand(TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static string Version { get; } = typeof(StatusCommand).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public async Task<int> RunAsync(string? dataDir, bool json, CancellationToken ct)
    {
        var report = await ReportAsync(dataDir, ct);
        if (json) Console.WriteLine(JsonSerializer.Serialize(report, PlatformJson.Default.StatusReport));
        else Print(report);
        return report.Health == "Ready" ? 0 : ExitCodes.Failed;
    }

    private async Task<StatusReport> ReportAsync(string? dataDir, CancellationToken ct)
    {
        if (DataDirectory.FindOfAnyFormat(dataDir) is not { } data || !File.Exists(data.Settings))
            return new StatusReport { Health = "Stopped", Message = "there is no platform here; dovetail up makes one", Version = Version, DataDir = DataDirectory.Resolve(dataDir), Supervisor = new(null), Server = new(null), Node = new(null) };
        var settings = Settings.Read(data);
        var server = PartRecord.FindAlive(data, Parts.Server);
        var node = PartRecord.FindAlive(data, Parts.Node);
        var (health, message) = (server, node) switch
        {
            _ when data.Newer is { } newer => (server is null && node is null ? "Stopped" : "NotReady", $"{newer}; use that version"),
            (null, null) when !PlatformProcesses.IsRunning(data) => ("Stopped", "the platform does not run; dovetail up starts it"),
            (null, _) => ("NotReady", $"the API server does not run: {Why(data, Parts.Server)}"),
            (_, null) when settings.Node => ("NotReady", $"the node agent does not run: {Why(data, Parts.Node)}"),
            _ => await AskAsync(data, settings, ct),
        };
        return new StatusReport
        {
            Health = health,
            Message = message,
            Version = Version,
            DataDir = data.Root,
            Instance = data.InstanceId,
            Api = settings.ApiUrl,
            Kubeconfig = data.Kubeconfig,
            Registry = settings.Node ? $"127.0.0.1:{settings.RegistryPort}" : null,
            NodeName = settings.Node ? PlatformProcesses.NodeName(settings) : null,
            Supervisor = new(PartRecord.FindAlive(data, Parts.Supervisor)?.Pid),
            Server = new(server?.Pid),
            Node = new(node?.Pid),
            Containerd = settings.Node ? new(NodeParts.FindAlive(data, "containerd")?.Pid) : null,
            RegistryProcess = settings.Node ? new(NodeParts.FindAlive(data, "registry")?.Pid) : null,
        };
    }

    /// <summary>What a part has said that cannot start; otherwise it is being started again, and its log tells of its end.</summary>
    private static string Why(DataDirectory data, string part) =>
        File.Exists(data.Failure(part)) ? string.Join(". ", File.ReadAllLines(data.Failure(part))) + " Then run dovetail up." : $"it is being started; its log is {data.Log(part)}";

    private async Task<(string Health, string? Message)> AskAsync(DataDirectory data, Settings settings, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            if (await NotReadyAsync(data, limit.Token) is { } reason) return ("NotReady", reason);
            using var api = new PlatformProcesses(data, time).Connect();
            if (!settings.Node)
            {
                return await api.FindAsync(BuiltInTypes.Namespaces, "", "default", limit.Token) is null ? ("NotReady", "the controllers have not made the first namespaces yet") : ("Ready", null);
            }

            var state = PlatformProcesses.Describe(await api.FindAsync(BuiltInTypes.Nodes, "", PlatformProcesses.NodeName(settings), limit.Token));
            return state == "Ready" ? ("Ready", null) : ("NotReady", $"node {PlatformProcesses.NodeName(settings)}: {state}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return ("NotReady", $"the API has not answered within {Limit.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or StatusException or KubeconfigException)
        {
            return ("NotReady", $"the API does not answer: {e.Message}");
        }
    }

    /// <summary>What the server says of itself: one that answers reads and cannot write is not ready. Null when it is.</summary>
    private static async Task<string?> NotReadyAsync(DataDirectory data, CancellationToken ct)
    {
        var connection = KubeconfigLoader.Load(new ConfigOverrides { Kubeconfig = data.Kubeconfig }, static _ => null);
        using var http = new HttpClient(connection.CreateHandler());
        using var answer = await http.GetAsync(connection.At("/readyz"), ct);
        if (answer.IsSuccessStatusCode) return null;
        var failed = (await answer.Content.ReadAsStringAsync(ct)).Split('\n').Where(line => line.StartsWith("[-]", StringComparison.Ordinal)).Select(line => line[3..]);
        return string.Join("; ", failed.DefaultIfEmpty($"/readyz is answered with {(int)answer.StatusCode}"));
    }

    private static void Print(StatusReport report)
    {
        static string Pid(PartStatus? part) => part?.Pid is { } pid ? $"process {pid}" : "not running";
        Console.WriteLine($"health      {report.Health}{(report.Message is null ? "" : $": {report.Message}")}");
        Console.WriteLine($"version     {report.Version}");
        Console.WriteLine($"data        {report.DataDir}");
        if (report.Instance is null) return;
        Console.WriteLine($"instance    {report.Instance}");
        Console.WriteLine($"API         {report.Api}, {Pid(report.Server)}");
        Console.WriteLine($"kubeconfig  {report.Kubeconfig}");
        Console.WriteLine($"supervisor  {Pid(report.Supervisor)}");
        if (report.NodeName is null) return;
        Console.WriteLine($"node        {report.NodeName}, {Pid(report.Node)}");
        Console.WriteLine($"containerd  {Pid(report.Containerd)}");
        Console.WriteLine($"registry    {report.Registry}, {Pid(report.RegistryProcess)}");
    }
}

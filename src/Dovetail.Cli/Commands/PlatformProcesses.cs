using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Cli.Commands;

/// <summary>The platform's processes from the outside: starts them, waits until they serve, and says why they do not.</summary>
internal sealed class PlatformProcesses(DataDirectory data, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(15);
    private readonly PartDeaths _deaths = new(data);

    /// <summary>Whether the platform is meant to run and something of it does, be it half up.</summary>
    public static bool IsRunning(DataDirectory data) => File.Exists(data.Wanted) && Parts.All.Any(part => PartRecord.FindAlive(data, part) is not null);

    /// <summary>Starts the supervisor unless it runs. One that has given a part up, since that said why it cannot start, makes room for a new one, which adopts what lives.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        var gaveUp = Parts.All.Where(part => File.Exists(data.Failure(part))).ToList();
        foreach (var part in gaveUp) File.Delete(data.Failure(part));
        await File.WriteAllTextAsync(data.Wanted, "", ct);
        var supervisor = PartRecord.FindAlive(data, Parts.Supervisor);
        if (supervisor is { } old && gaveUp.Count > 0)
        {
            old.Signal(SignalNumbers.Terminate);
            while (old.IsAlive) await Task.Delay(Beat, time, ct);
        }

        if (supervisor is { IsAlive: true }) return;
        if (Systemd.IsRunning && Environment.IsPrivilegedProcess) Systemd.Start(data);
        else PartRecord.Write(data, Parts.Supervisor, Detached.Start(data, Parts.Supervisor, "supervise", "--data-dir", data.Root));
    }

    /// <summary>Returns when the API is ready and, where there is one, the node.</summary>
    /// <exception cref="UserErrorException">A part cannot start, dies again and again, or is not ready in time; or somebody has taken the platform down meanwhile.</exception>
    public async Task WaitAsync(Settings settings, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await WaitForApiAsync(limit.Token);
            if (settings.Node) await WaitForNodeAsync(settings, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw _deaths.Worst is { } part
                ? Dying(part)
                : new UserErrorException($"the platform is not ready after {Limit.TotalSeconds:0} s", $"`dovetail status` says what is missing; the logs are in {data.Logs}.");
        }
    }

    public HttpKubeApi Connect() => HttpKubeApi.FromKubeconfig(data.Kubeconfig, "dovetail", time);

    /// <summary>The node's state in words: "Ready", or why not.</summary>
    public static string Describe(V1Node? node)
    {
        var ready = node?.Status?.Conditions?.FirstOrDefault(c => c.Type == "Ready");
        return ready switch
        {
            null => "not registered",
            { Status: "True" } => node!.Spec?.Unschedulable == true ? "Ready, unschedulable" : "Ready",
            _ => $"not ready: {ready.Message}",
        };
    }

    public static string NodeName(Settings settings) => settings.NodeName ?? Environment.MachineName.ToLowerInvariant();

    private async Task WaitForApiAsync(CancellationToken ct)
    {
        while (true)
        {
            await ThrowFailureAsync(ct);
            if (File.Exists(data.Kubeconfig) && PartRecord.FindAlive(data, Parts.Server) is not null && await AnswersAsync(ct)) return;
            await Task.Delay(Beat, time, ct);
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            using var api = Connect();
            // The first controllers make it: before that, a user's first command would be refused.
            return await api.FindAsync(BuiltInTypes.Namespaces, "", "default", ct) is not null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or StatusException)
        {
            return false;
        }
    }

    private async Task WaitForNodeAsync(Settings settings, CancellationToken ct)
    {
        using var api = Connect();
        using var found = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var watching = WatchNodeAsync(api, NodeName(settings), found.Token);
        try
        {
            while (!watching.IsCompleted)
            {
                await ThrowFailureAsync(ct);
                await Task.WhenAny(watching, Task.Delay(Beat, time, ct));
                ct.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await found.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await watching;
    }

    private static async Task WatchNodeAsync(HttpKubeApi api, string name, CancellationToken ct)
    {
        await foreach (var change in api.WatchAsync(BuiltInTypes.Nodes, "", new WatchOptions { FieldSelector = $"metadata.name={name}" }, ct))
        {
            if (Describe(change.Object) == "Ready") return;
        }
    }

    private async Task ThrowFailureAsync(CancellationToken ct)
    {
        if (!File.Exists(data.Wanted)) throw new UserErrorException("the platform was taken down while it started", "Run dovetail up again when it is wanted.");
        foreach (var part in Parts.All.Where(part => File.Exists(data.Failure(part))))
        {
            var lines = (await File.ReadAllTextAsync(data.Failure(part), ct)).Split('\n', 2);
            throw new UserErrorException($"{part}: {lines[0]}", lines.Length > 1 ? lines[1] : $"Look at {data.Log(part)}.");
        }

        if (_deaths.Look() is { } dying) throw Dying(dying);
    }

    private UserErrorException Dying(string part) =>
        new($"the {part} does not stay alive (deaths so far: {_deaths.Of(part)}); it said last:\n  {string.Join("\n  ", _deaths.LastWords(part))}", $"The whole log is {data.Log(part)}.");
}

internal static class SignalNumbers
{
    public const int Kill = 9;
    public const int Terminate = 15;
}

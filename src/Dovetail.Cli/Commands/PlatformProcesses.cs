using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Cli.Commands;

/// <summary>Starts the platform's processes and waits for them.</summary>
internal sealed class PlatformProcesses(DataDirectory data, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(15);

    /// <summary>Starts the supervisor unless it runs, and returns when the API is ready and, where there is one, the node.</summary>
    /// <exception cref="UserErrorException">Something keeps a part from starting; everything that was started is stopped again.</exception>
    public async Task StartAsync(Settings settings, CancellationToken ct)
    {
        foreach (var part in new[] { Parts.Server, Parts.Node }) File.Delete(data.Failure(part));
        await File.WriteAllTextAsync(data.Wanted, "", ct);
        if (PartRecord.FindAlive(data, Parts.Supervisor) is null) StartSupervisor();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await WaitForApiAsync(limit.Token);
            if (settings.Node) await WaitForNodeAsync(settings, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new UserErrorException($"the platform is not ready after {Limit.TotalSeconds:0} s", $"Look at {data.Logs}; `dovetail status` says what is missing.");
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

    private void StartSupervisor()
    {
        if (Systemd.IsRunning && Environment.IsPrivilegedProcess) Systemd.Start(data);
        else Detached.Start(data, Parts.Supervisor, "supervise", "--data-dir", data.Root);
    }

    private async Task WaitForApiAsync(CancellationToken ct)
    {
        while (true)
        {
            await ThrowFailureAsync(Parts.Server, ct);
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
        while (!watching.IsCompleted)
        {
            await ThrowFailureAsync(Parts.Node, ct);
            await Task.WhenAny(watching, Task.Delay(Beat * 10, time, ct));
            ct.ThrowIfCancellationRequested();
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

    public static string NodeName(Settings settings) => settings.NodeName ?? Environment.MachineName.ToLowerInvariant();

    private async Task ThrowFailureAsync(string part, CancellationToken ct)
    {
        if (!File.Exists(data.Failure(part))) return;
        var lines = (await File.ReadAllTextAsync(data.Failure(part), ct)).Split('\n', 2);
        File.Delete(data.Wanted);
        foreach (var running in new[] { Parts.Supervisor, Parts.Node, Parts.Server }) PartRecord.FindAlive(data, running)?.Signal(SignalNumbers.Terminate);
        throw new UserErrorException($"{part}: {lines[0]}", lines.Length > 1 ? lines[1] : $"Look at {data.Log(part)}.");
    }
}

internal static class SignalNumbers
{
    public const int Kill = 9;
    public const int Terminate = 15;
}

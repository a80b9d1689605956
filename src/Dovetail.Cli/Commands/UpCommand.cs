using System.Net;
using Dovetail.Cli.Platform;
using Dovetail.Runtime.Seam;

namespace Dovetail.Cli.Commands;

/// <summary>What <c>up</c> and <c>demo</c> take. Null: not given.</summary>
internal sealed record UpOptions(string? DataDir, string? Listen, string? Config, string? TokenFile, bool? NoNode, ApiFlags Api, bool Foreground);

/// <summary><c>dovetail up</c>: packages, then processes, then the summary. Run twice it changes nothing; what it cannot start it leaves as it was.</summary>
internal sealed class UpCommand(string root, TimeProvider time, Progress progress)
{
    public async Task<DataDirectory> RunAsync(UpOptions options, CancellationToken ct)
    {
        var configuration = options.Config is { } file ? Settings.ReadConfiguration(file) : null;
        var found = DataDirectory.Find(options.DataDir);
        var wanted = Merge(found, configuration, options);
        if (wanted.Node) await RequireNodeAsync(ct);
        var data = found ?? DataDirectory.Ensure(options.DataDir);
        var processes = new PlatformProcesses(data, time);
        var (settings, undo) = await BeginAsync(data, processes, configuration, options, ct);
        try
        {
            await progress.RunAsync("starting", () => processes.WaitAsync(settings, ct));
            if (settings.Node)
            {
                using var api = processes.Connect();
                await NodeGate.OpenAsync(api, PlatformProcesses.NodeName(settings), ct);
            }
        }
        catch (UserErrorException) when (undo is not null)
        {
            await undo();
            throw;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("the platform goes on starting; dovetail status shows it, dovetail down stops it");
            throw;
        }

        await Kubectl.EnsureAsync(data, root, progress, ct);
        await SummariseAsync(data, settings, processes, ct);
        return data;
    }

    private async Task RequireNodeAsync(CancellationToken ct)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            var packages = HostPackages.Command(HostPackages.Node) is { } command ? $" It installs packages first: {command}" : "";
            throw new UserErrorException("the node part needs root", $"Run this as root, or give --no-node for the API without virtual machines.{packages}");
        }

        await HostPackages.EnsureAsync(HostPackages.Node, progress, ct);
    }

    /// <summary>
    /// Writes the settings and starts the processes; under the lock, so that of two that come at once the second finds the first one's platform. The outcome's second part takes both back,
    /// and is null for a platform that ran before: what is wrong with that is told, and its guests and users keep what they have.
    /// </summary>
    private async Task<(Settings Settings, Func<Task>? Undo)> BeginAsync(
        DataDirectory data, PlatformProcesses processes, DovetailConfiguration? configuration, UpOptions options, CancellationToken ct)
    {
        await using var door = await DoorLock.TakeAsync(data, time, progress, ct);
        var settings = Merge(data, configuration, options);
        var running = PlatformProcesses.IsRunning(data);
        var before = File.Exists(data.Settings) ? Settings.Read(data) : null;
        if (!running)
        {
            ListenAddress.Require(settings.ListenEndPoint, "the API server", "Stop that program, or choose another address with --listen.");
            if (settings.Node) RequireRegistryPort(data, settings.RegistryPort);
            settings.Write(data);
        }

        await processes.StartAsync(ct);
        return (settings, running ? null : () => UndoAsync(data, settings, before));
    }

    private async Task UndoAsync(DataDirectory data, Settings settings, Settings? before)
    {
        await using var door = await DoorLock.TakeAsync(data, time, progress, CancellationToken.None);
        using var stop = new PlatformStop(data, settings, time, progress);
        if (await stop.ButGuestsAsync(CancellationToken.None)) await Console.Error.WriteLineAsync("guests of an earlier run go on; dovetail down stops them");
        if (before is not null) before.Write(data);
        else File.Delete(data.Settings);
    }

    /// <summary>Said here, and at once: the node agent would wait for the port to become free. A registry of an earlier run is adopted.</summary>
    private static void RequireRegistryPort(DataDirectory data, int port)
    {
        if (NodeParts.FindAlive(data, "registry") is null)
            ListenAddress.Require(new IPEndPoint(IPAddress.Loopback, port), "the platform's registry", "Stop that program, or choose another port: registry.port in the file of --config (docs/configuration.md).");
    }

    /// <summary>Without flags a platform comes up as it was; one that runs is not changed under its users' feet.</summary>
    private static Settings Merge(DataDirectory? data, DovetailConfiguration? configuration, UpOptions options)
    {
        var kept = data is not null && File.Exists(data.Settings) ? Settings.Read(data) : null;
        var asked = configuration is null ? kept ?? new Settings() : Settings.From(configuration);
        var settings = asked.With(options.Listen, options.TokenFile, options.NoNode, options.Api);
        if (data is not null && kept is not null && PlatformProcesses.IsRunning(data) && settings.DifferencesFrom(kept) is { Length: > 0 } differences)
            throw new UserErrorException($"the platform in {data.Root} runs with other settings: {string.Join("; ", differences)}", "Stop it with `dovetail down` first, or run `dovetail up` without these.");
        return settings;
    }

    private static async Task SummariseAsync(DataDirectory data, Settings settings, PlatformProcesses processes, CancellationToken ct)
    {
        using var api = processes.Connect();
        var kubectl = await Kubectl.FindAsync(data, ct);
        var node = settings.Node ? await api.FindAsync(BuiltInTypes.Nodes, "", PlatformProcesses.NodeName(settings), ct) : null;
        Console.WriteLine($"API         {settings.ApiUrl}");
        Console.WriteLine($"kubeconfig  {data.Kubeconfig}");
        Console.WriteLine($"node        {(settings.Node ? $"{PlatformProcesses.NodeName(settings)} {PlatformProcesses.Describe(node)}{Emulation(node)}" : "none (--no-node)")}");
        Console.WriteLine($"next        {Shell.Quote(kubectl ?? "kubectl")} --kubeconfig {Shell.Quote(data.Kubeconfig)} get {(settings.Node ? "nodes" : "namespaces")}");
    }

    private static string Emulation(k8s.Models.V1Node? node) =>
        node?.Status?.Allocatable?.ContainsKey("devices.kubevirt.io/kvm") == true ? "" : ", virtual machines are emulated (no usable KVM)";
}

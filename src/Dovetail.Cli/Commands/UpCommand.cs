using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Node.Host;
using Dovetail.Runtime.Seam;

namespace Dovetail.Cli.Commands;

/// <summary>What <c>up</c> and <c>demo</c> take.</summary>
internal sealed record UpOptions(string? DataDir, string? Listen, string? Config, string? TokenFile, bool NoNode, bool Foreground);

/// <summary><c>dovetail up</c>: packages, then processes, then the summary. Run twice it changes nothing.</summary>
internal sealed class UpCommand(TimeProvider time, Progress progress)
{
    public async Task<DataDirectory> RunAsync(UpOptions options, CancellationToken ct)
    {
        var configuration = options.Config is { } file ? Settings.ReadConfiguration(file) : null;
        var data = DataDirectory.Find(options.DataDir);
        var running = data is not null && PartRecord.FindAlive(data, Parts.Supervisor) is not null && File.Exists(data.Wanted);
        var settings = Merge(data, running, configuration, options);
        if (settings.Node && !Environment.IsPrivilegedProcess)
            throw new UserErrorException("the node part needs root", "Run this as root, or give --no-node for the API without virtual machines.");
        if (settings.Node) await HostPackages.EnsureAsync(forImages: false, progress, ct);
        data ??= DataDirectory.Ensure(options.DataDir);
        if (settings.Node) RefuseTakenRegistryPort(data, settings.RegistryPort);
        settings.Write(data);
        var processes = new PlatformProcesses(data, time);
        await progress.RunAsync("starting", () => processes.StartAsync(settings, ct));
        if (settings.Node)
        {
            using var api = processes.Connect();
            await NodeGate.OpenAsync(api, PlatformProcesses.NodeName(settings), ct);
        }

        await SummariseAsync(data, settings, processes, ct);
        return data;
    }

    /// <summary>Said here, and at once: the node agent would wait for the port to become free.</summary>
    private static void RefuseTakenRegistryPort(DataDirectory data, int port)
    {
        if (NodeParts.FindAlive(data, "registry") is null && HostPort.IsTaken(port))
            throw new UserErrorException($"the platform's registry cannot start: {HostPort.Taken(port)}", "Stop that program, or choose another port: registry.port in the file of --config (docs/configuration.md).");
    }

    /// <summary>Without flags a platform comes up as it was; one that runs is not changed under its users' feet.</summary>
    private static Settings Merge(DataDirectory? data, bool running, DovetailConfiguration? configuration, UpOptions options)
    {
        var asked = options.Listen is not null || options.TokenFile is not null || options.NoNode || configuration is not null;
        var kept = data is not null && File.Exists(data.Settings) ? Settings.Read(data) : null;
        if (kept is not null && !asked) return kept;
        var settings = Settings.From(configuration, options.Listen, options.TokenFile, options.NoNode);
        if (running && kept is not null && settings != kept)
            throw new UserErrorException($"the platform in {data!.Root} runs with other settings", "Stop it with `dovetail down` first, or run `dovetail up` without flags.");
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
        Console.WriteLine($"next        {kubectl ?? "kubectl"} --kubeconfig {data.Kubeconfig} get nodes");
    }

    private static string Emulation(k8s.Models.V1Node? node) =>
        node?.Status?.Allocatable?.ContainsKey("devices.kubevirt.io/kvm") == true ? "" : ", virtual machines are emulated (no usable KVM)";
}

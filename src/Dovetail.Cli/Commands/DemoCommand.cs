using Dovetail.Api.KubeVirt;
using Dovetail.Cli.Platform;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Yaml;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Virt;
using k8s.Models;

namespace Dovetail.Cli.Commands;

/// <summary><c>dovetail demo</c>: up, the tiny image in the registry, and a running virtual machine with its address.</summary>
internal sealed class DemoCommand(string root, TimeProvider time, Progress progress)
{
    private const string Namespace = "demo";
    private const string Name = "hello";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public async Task RunAsync(UpOptions options, CancellationToken ct)
    {
        if (options.NoNode) throw new UserErrorException("the demo boots a virtual machine, which --no-node rules out", "Leave --no-node away.");
        var data = await new UpCommand(time, progress).RunAsync(options, ct);
        await Kubectl.EnsureAsync(data, root, progress, ct);
        await new ImageCommand(root, progress).PushAsync(data.Root, "tiny", ct);
        using var api = new PlatformProcesses(data, time).Connect();
        await ApplyAsync(api, Settings.Read(data), ct);
        var instance = await progress.RunAsync("starting the virtual machine", () => WaitAsync(api, ct));
        var kubectl = await Kubectl.FindAsync(data, ct) ?? "kubectl";
        var door = data.Root == DataDirectory.Default ? $"{Path.Combine(root, "dovetail")}" : $"{Path.Combine(root, "dovetail")} --data-dir {data.Root}";
        Console.WriteLine();
        Console.WriteLine($"The virtual machine {Name} runs in the namespace {Namespace} with the IP {instance.Status!.Interfaces![0].IpAddress}.");
        Console.WriteLine($"console  {door} virtctl console {Name} -n {Namespace}     (log in as root; Ctrl+] leaves)");
        Console.WriteLine($"reach    ping {instance.Status.Interfaces[0].IpAddress}");
        Console.WriteLine($"remove   {kubectl} --kubeconfig {data.Kubeconfig} delete namespace {Namespace}");
    }

    private async Task ApplyAsync(HttpKubeApi api, Settings settings, CancellationToken ct)
    {
        if (await api.FindAsync(BuiltInTypes.Namespaces, "", Namespace, ct) is null)
            await api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { ApiVersion = "v1", Kind = "Namespace", Metadata = new V1ObjectMeta { Name = Namespace } }, ct);
        var manifest = await File.ReadAllTextAsync(Path.Combine(root, "demo", "vm.yaml"), ct);
        if (settings.RegistryPort != 5000) manifest = manifest.Replace("127.0.0.1:5000/", $"127.0.0.1:{settings.RegistryPort}/", StringComparison.Ordinal);
        var json = YamlToJson.Convert(System.Text.Encoding.UTF8.GetBytes(manifest));
        var apply = new WriteOptions { FieldManager = "dovetail-demo", Force = true };
        await api.PatchAsync(KubeVirtTypes.VirtualMachines, Namespace, Name, PatchType.ApplyYaml, json, apply, "", ct);
    }

    private static async Task<VirtualMachineInstance> WaitAsync(HttpKubeApi api, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        VirtualMachineInstance? last = null;
        try
        {
            await foreach (var change in api.WatchAsync(KubeVirtTypes.VirtualMachineInstances, Namespace, new WatchOptions { FieldSelector = $"metadata.name={Name}" }, limit.Token))
            {
                last = change.Object ?? last;
                if (last?.Status is { Phase: "Running", Interfaces: [{ IpAddress.Length: > 0 }, ..] }) return last;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Said below.
        }

        var why = last?.Status?.Conditions?.FirstOrDefault(c => c.Status == "False" && !string.IsNullOrEmpty(c.Message));
        throw new UserErrorException($"the virtual machine is {last?.Status?.Phase ?? "not there"}{(why is null ? "" : $": {why.Reason}: {why.Message}")}", $"Look at kubectl -n {Namespace} describe vmi {Name}.");
    }
}

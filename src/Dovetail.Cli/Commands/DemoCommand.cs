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
    private static readonly TimeSpan AfterWatch = TimeSpan.FromMilliseconds(200);

    public async Task<DataDirectory> RunAsync(UpOptions options, CancellationToken ct)
    {
        if (options.NoNode == true) throw new UserErrorException("the demo boots a virtual machine, which --no-node rules out", "Leave --no-node away.");
        if (Environment.IsPrivilegedProcess) await HostPackages.EnsureAsync([.. HostPackages.Node, .. HostPackages.Images], progress, ct);
        var data = await new UpCommand(root, time, progress).RunAsync(options, ct);
        if (!Settings.Read(data).Node) throw new UserErrorException($"the demo boots a virtual machine, and the platform in {data.Root} has no node", "Run dovetail down, then dovetail demo --no-node=false.");
        await new ImageCommand(root, progress).PushAsync(data.Root, "tiny", ct);
        using var api = new PlatformProcesses(data, time).Connect();
        await ApplyAsync(api, Settings.Read(data), ct);
        var instance = await WaitAsync(api, ct);
        var kubectl = await Kubectl.FindAsync(data, ct) ?? "kubectl";
        var door = data.Root == DataDirectory.Default ? Shell.Quote(Path.Combine(root, "dovetail")) : $"{Shell.Quote(Path.Combine(root, "dovetail"))} --data-dir {Shell.Quote(data.Root)}";
        Console.WriteLine();
        Console.WriteLine($"The virtual machine {Name} runs in the namespace {Namespace} with the IP {instance.Status!.Interfaces![0].IpAddress}.");
        Console.WriteLine($"console  {door} virtctl console {Name} -n {Namespace}     (log in as root; Ctrl+] leaves)");
        Console.WriteLine($"reach    ping {instance.Status.Interfaces[0].IpAddress}");
        Console.WriteLine($"remove   {Shell.Quote(kubectl)} --kubeconfig {Shell.Quote(data.Kubeconfig)} delete namespace {Namespace}");
        return data;
    }

    private async Task ApplyAsync(HttpKubeApi api, Settings settings, CancellationToken ct)
    {
        if (await api.FindAsync(BuiltInTypes.Namespaces, "", Namespace, ct) is { Status.Phase: "Terminating" })
            await progress.RunAsync("waiting for the end of an earlier demo", () => WaitUntilGoneAsync(api, ct));
        if (await api.FindAsync(BuiltInTypes.Namespaces, "", Namespace, ct) is null)
            await api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { ApiVersion = "v1", Kind = "Namespace", Metadata = new V1ObjectMeta { Name = Namespace } }, ct);
        var manifest = await File.ReadAllTextAsync(Path.Combine(root, "demo", "vm.yaml"), ct);
        if (settings.RegistryPort != 5000) manifest = manifest.Replace("127.0.0.1:5000/", $"127.0.0.1:{settings.RegistryPort}/", StringComparison.Ordinal);
        var json = YamlToJson.Convert(System.Text.Encoding.UTF8.GetBytes(manifest));
        var apply = new WriteOptions { FieldManager = "dovetail-demo", Force = true };
        await api.PatchAsync(KubeVirtTypes.VirtualMachines, Namespace, Name, PatchType.ApplyYaml, json, apply, "", ct);
    }

    private async Task WaitUntilGoneAsync(HttpKubeApi api, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while (await api.FindAsync(BuiltInTypes.Namespaces, "", Namespace, ct) is not null)
        {
            if (time.GetElapsedTime(started) > Limit) throw new UserErrorException($"the namespace {Namespace} is still being deleted", $"Look at kubectl get namespace {Namespace} -o yaml: its conditions say what keeps it.");
            await Task.Delay(TimeSpan.FromMilliseconds(200), time, ct);
        }
    }

    private async Task<VirtualMachineInstance> WaitAsync(HttpKubeApi api, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        VirtualMachineInstance? last = null;
        try
        {
            return await progress.RunAsync("starting the virtual machine", () => RunningAsync(api, seen => last = seen, limit.Token), () => State(last));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new UserErrorException($"the virtual machine does not run after {Limit.TotalMinutes:0} min: {State(last)}", $"Look at kubectl -n {Namespace} describe vmi {Name}.");
        }
    }

    private async Task<VirtualMachineInstance> RunningAsync(HttpKubeApi api, Action<VirtualMachineInstance> see, CancellationToken ct)
    {
        while (true)
        {
            await foreach (var change in api.WatchAsync(KubeVirtTypes.VirtualMachineInstances, Namespace, new WatchOptions { FieldSelector = $"metadata.name={Name}" }, ct))
            {
                if (change.Object is not { } instance) continue;
                see(instance);
                if (instance.Status is { Phase: "Running", Interfaces: [{ IpAddress.Length: > 0 }, ..] }) return instance;
            }

            await Task.Delay(AfterWatch, time, ct); // the server ends a watch now and then
        }
    }

    /// <summary>Phase and cause. What keeps the guest from being made says more than that it is not there.</summary>
    private static string State(VirtualMachineInstance? instance)
    {
        var why = instance?.Status?.Conditions?.Where(c => c.Status == "False" && !string.IsNullOrEmpty(c.Message)).OrderByDescending(c => c.Type == "Synchronized").FirstOrDefault();
        return $"{instance?.Status?.Phase ?? "not there yet"}{(why is null ? "" : $", {why.Reason}: {why.Message}")}";
    }
}

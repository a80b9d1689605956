using System.Globalization;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using Dovetail.Simulation.Tests.World;
using Dovetail.Virt;
using Dovetail.Virt.VirtApi.Subresources;
using k8s.Models;

namespace Dovetail.Simulation.Tests.Scenarios;

/// <summary>Someone with kubectl and virtctl who does whatever comes to mind, and remembers what was acknowledged.</summary>
internal sealed class User(Cluster cluster)
{
    /// <summary>An annotation of the user's own; nobody else writes it.</summary>
    public const string Note = "example.com/note";

    private static readonly string[] Strategies =
        [RunStrategies.Always, RunStrategies.Always, RunStrategies.Halted, RunStrategies.Manual, RunStrategies.Once, RunStrategies.RerunOnFailure];

    private readonly Dictionary<string, Ledger> ledgers = [];
    private int notes;

    public IReadOnlyDictionary<string, Ledger> Ledgers => ledgers;

    /// <summary>Does one thing about a VM.</summary>
    public void Act(string vm)
    {
        var random = cluster.Random;
        if (!ledgers.TryGetValue(vm, out var ledger)) ledgers[vm] = ledger = new Ledger();
        var strategy = Strategies[random.Next(Strategies.Length)];
        if (ledger.Exists != true && random.Next(4) > 0)
        {
            Do($"create {vm} {strategy}", () => CreateAsync(vm, ledger, strategy));
            return;
        }

        switch (random.Next(12))
        {
            case 0 or 1: Do($"switch {vm} to {strategy}", () => SwitchAsync(vm, ledger, strategy)); break;
            case 2: Do($"start {vm}", () => StartAsync(vm, ledger, paused: random.Next(3) == 0)); break;
            case 3: Do($"stop {vm}", () => AskAsync(ledger.Stopped, lifecycle => lifecycle.StopAsync(FirstStart.Namespace, vm, new LifecycleOptions { GracePeriod = random.Next(2) == 0 ? 0 : null }, default))); break;
            case 4 or 5: Do($"restart {vm}", () => RestartAsync(vm, ledger, new LifecycleOptions { GracePeriodSeconds = random.Next(2) == 0 ? 0 : null })); break;
            case 6: Do($"delete {vm}", () => DeleteVmAsync(vm, ledger, force: random.Next(3) == 0)); break;
            case 7: Do($"delete VMI {vm}", () => TryAsync(() => cluster.User.DeleteAsync(KubeVirtTypes.VirtualMachineInstances, FirstStart.Namespace, vm, new DeleteOptions(), default))); break;
            case 8: Do($"delete pods of {vm}", () => TryAsync(() => DeletePodsAsync(vm))); break;
            default: Meddle(random, vm); break;
        }
    }

    private void Do(string what, Func<Task> work)
    {
        cluster.Tell($"user: {what}");
        cluster.Do(work);
    }

    /// <summary>What happens to guests and their sandboxes without anybody asking the API.</summary>
    private void Meddle(Random random, string vm)
    {
        foreach (var sandbox in cluster.Machine.Sandboxes.Where(sandbox => sandbox.Vmi.Name == vm).ToList())
        {
            var what = random.Next(6);
            cluster.Tell($"meddling {what} with the sandbox of {vm}, {sandbox.Guest.State}");
            switch (what)
            {
                case 0: cluster.Machine.End(sandbox, EndReason.Crashed); break;
                case 1: cluster.Machine.End(sandbox, EndReason.Shutdown); break;
                case 2: cluster.Machine.Kill(sandbox); break;
                case 3: cluster.Machine.Pause(sandbox, random.Next(2) == 0); break;
                default: cluster.Machine.KillLauncher(sandbox); break;
            }
        }
    }

    private async Task CreateAsync(string name, Ledger ledger, string strategy)
    {
        var note = NewNote();
        var domain = new DomainSpec { Memory = new() { Guest = new ResourceQuantity("64Mi") }, Devices = new() };
        var vm = new VirtualMachine
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = FirstStart.Namespace, Name = name, Annotations = new Dictionary<string, string> { [Note] = note } },
            Spec = new() { RunStrategy = strategy, Template = new() { Spec = new() { Domain = domain, TerminationGracePeriodSeconds = cluster.Random.Next(20) } } },
        };
        if (await TryAsync(() => cluster.User.CreateAsync(KubeVirtTypes.VirtualMachines, vm, default)) is { } acknowledged) ledger.Created(strategy, note, acknowledged);
    }

    private async Task SwitchAsync(string name, Ledger ledger, string strategy)
    {
        var note = NewNote();
        var patch = new MergePatchBuilder().Set(["spec", "runStrategy"], strategy).Set(["metadata", "annotations", Note], note).Build();
        if (await TryAsync(() => cluster.User.PatchAsync(KubeVirtTypes.VirtualMachines, FirstStart.Namespace, name, PatchType.Merge, patch, new WriteOptions(), "", default)) is { } acknowledged)
            ledger.Switched(strategy, note, acknowledged);
    }

    private async Task DeleteVmAsync(string name, Ledger ledger, bool force)
    {
        var options = new DeleteOptions { GracePeriodSeconds = force ? 0 : null };
        if (await TryAsync(() => cluster.User.DeleteAsync(KubeVirtTypes.VirtualMachines, FirstStart.Namespace, name, options, default)) is { } acknowledged) ledger.Deleted(acknowledged);
    }

    private Task StartAsync(string name, Ledger ledger, bool paused) =>
        AskAsync(() => ledger.Started(paused), lifecycle => lifecycle.StartAsync(FirstStart.Namespace, name, new LifecycleOptions { Paused = paused ? true : null }, default));

    private async Task RestartAsync(string name, Ledger ledger, LifecycleOptions options)
    {
        string? instance = null;
        await TryAsync(async () => instance = (await cluster.User.FindAsync(KubeVirtTypes.VirtualMachineInstances, FirstStart.Namespace, name, default))?.Metadata.Uid);
        if (await AskAsync(() => ledger.Started(paused: false), lifecycle => lifecycle.RestartAsync(FirstStart.Namespace, name, options, default)) == true && instance is not null) ledger.Replaced.Add(instance);
    }

    /// <summary>start, stop or restart, by virt-api's own code.</summary>
    private async Task<bool?> AskAsync(Action maybeDone, Func<LifecycleHandlers, Task> ask)
    {
        var answer = await TryAsync(() => ask(new LifecycleHandlers(cluster.Seam("virt-api", UserInfo.Component("virt-api")))));
        if (answer is not null) maybeDone();
        return answer;
    }

    private async Task DeletePodsAsync(string vm)
    {
        var pods = await cluster.User.ListAsync(BuiltInTypes.Pods, FirstStart.Namespace, new ListOptions(), default);
        foreach (var pod in pods.Items.Where(pod => pod.Metadata.OwnerReferences?.Any(owner => owner.Name == vm) == true))
            await cluster.User.DeleteAsync(BuiltInTypes.Pods, FirstStart.Namespace, pod.Metadata.Name, new DeleteOptions(), default);
    }

    private string NewNote() => (++notes).ToString(CultureInfo.InvariantCulture);

    /// <returns>True: done. False: nobody knows. Null: refused.</returns>
    private static async Task<bool?> TryAsync(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (StatusException lost) when (lost.Status.Code == 504)
        {
            return false;
        }
        catch (StatusException)
        {
            return null;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}

using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using Dovetail.Simulation.Tests.World;
using Dovetail.Virt;
using k8s.Models;

namespace Dovetail.Simulation.Tests.Scenarios;

/// <summary>
/// One run: a user who creates, switches, deletes and kills VMs, guests with a will of their own, components that die, a bad connection. Then everything is
/// healthy again, and the platform has fifteen minutes to bring each VM to what its owner asked for.
/// </summary>
public sealed class Scenario(int seed, BrokenOrderings broken)
{
    private const string Namespace = "demo";
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Recovery = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly string[] Strategies =
        [RunStrategies.Always, RunStrategies.Always, RunStrategies.Halted, RunStrategies.Manual, RunStrategies.Once, RunStrategies.RerunOnFailure];

    private readonly Cluster cluster = new(seed, broken);
    private readonly Dictionary<string, string> asked = [];

    public long Steps => cluster.Loop.Steps;

    public int Boots => cluster.Machine.Boots;

    /// <summary>The first broken promise, or null.</summary>
    public string? Run()
    {
        cluster.Faults.Active = false;
        cluster.Do(PrepareAsync);
        foreach (var program in cluster.Programs.ToList()) cluster.Start(program);
        cluster.Faults.Active = true;
        return Disturb() ?? Recover();
    }

    private async Task PrepareAsync()
    {
        await PlatformCrds.InstallAsync(cluster.User, CancellationToken.None);
        foreach (var name in new[] { Namespace, "kube-node-lease" })
        {
            if (await cluster.User.FindAsync(BuiltInTypes.Namespaces, "", name, CancellationToken.None) is null)
                await cluster.User.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, CancellationToken.None);
        }
    }

    private string? Disturb()
    {
        var random = cluster.Random;
        var end = cluster.Loop.Now + Trouble;
        var names = Enumerable.Range(1, 1 + random.Next(3)).Select(index => $"vm{index}").ToArray();
        while (cluster.Loop.Now < end)
        {
            Act(random, names[random.Next(names.Length)]);
            cluster.Loop.RunUntil(cluster.Loop.Now + TimeSpan.FromMilliseconds(random.Next(15000)));
            if (Broken() is { } violation) return violation;
        }

        return null;
    }

    private void Act(Random random, string vm)
    {
        switch (random.Next(12))
        {
            case 0 or 1 or 2 when !asked.ContainsKey(vm):
                asked[vm] = Strategies[random.Next(Strategies.Length)];
                cluster.Do(() => CreateAsync(vm, asked[vm]));
                break;
            case 0 or 1 or 2 or 3:
                if (!asked.ContainsKey(vm)) break;
                var strategy = Strategies[random.Next(Strategies.Length)];
                cluster.Do(() => SwitchAsync(vm, strategy));
                break;
            case 4:
                cluster.Do(() => cluster.User.DeleteAsync(KubeVirtTypes.VirtualMachines, Namespace, vm, new DeleteOptions(), CancellationToken.None));
                asked.Remove(vm);
                break;
            case 5:
                cluster.Do(() => cluster.User.DeleteAsync(KubeVirtTypes.VirtualMachineInstances, Namespace, vm, new DeleteOptions(), CancellationToken.None));
                break;
            case 6:
                cluster.Do(() => DeletePodsAsync(vm));
                break;
            case 7 or 8:
                var how = random.Next(2) == 0 ? GuestState.Crashed : GuestState.Off;
                foreach (var guest in cluster.Machine.Sandboxes.Where(guest => guest.Vmi.Name == vm).ToList()) cluster.Machine.End(guest, how);
                break;
            default:
                var programs = cluster.Programs.ToArray();
                var program = programs[random.Next(programs.Length)];
                cluster.Kill(program);
                cluster.Loop.RunUntil(cluster.Loop.Now + TimeSpan.FromMilliseconds(random.Next(3000)));
                cluster.Start(program);
                break;
        }
    }

    private string? Recover()
    {
        cluster.Faults.Active = false;
        var deadline = cluster.Loop.Now + Recovery;
        string? unkept = "never looked";
        // Kept promises must stay kept: one good look between two wrong moments is no success.
        for (var good = 0; good < 3;)
        {
            cluster.Loop.RunUntil(cluster.Loop.Now + Look);
            if (Broken() is { } violation) return violation;
            unkept = null;
            cluster.Do(async () => unkept = await Promises.FirstUnkeptAsync(cluster, Namespace, asked));
            good = unkept is null ? good + 1 : 0;
            if (cluster.Loop.Now > deadline) return $"{Recovery.TotalMinutes} quiet minutes later: {unkept}";
        }

        return null;
    }

    private string? Broken() => cluster.Machine.Violation ?? cluster.Ended();

    private async Task CreateAsync(string name, string strategy)
    {
        var vm = new VirtualMachine
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = Namespace, Name = name },
            Spec = new() { RunStrategy = strategy, Template = new() { Spec = new() { Domain = new() } } },
        };
        try
        {
            await cluster.User.CreateAsync(KubeVirtTypes.VirtualMachines, vm, CancellationToken.None);
        }
        catch (StatusException exists) when (exists.Status.Reason == "AlreadyExists")
        {
            // Its predecessor is still on its way out.
            asked.Remove(name);
        }
    }

    private async Task SwitchAsync(string name, string strategy)
    {
        if (await cluster.User.FindAsync(KubeVirtTypes.VirtualMachines, Namespace, name, CancellationToken.None) is not { Metadata.DeletionTimestamp: null }) return;
        var patch = new MergePatchBuilder().Set(["spec", "runStrategy"], strategy).Build();
        await cluster.User.PatchAsync(KubeVirtTypes.VirtualMachines, Namespace, name, PatchType.Merge, patch, new WriteOptions(), "", CancellationToken.None);
        asked[name] = strategy;
    }

    private async Task DeletePodsAsync(string vm)
    {
        var pods = await cluster.User.ListAsync(BuiltInTypes.Pods, Namespace, new ListOptions(), CancellationToken.None);
        foreach (var pod in pods.Items.Where(pod => pod.Metadata.OwnerReferences?.Any(owner => owner.Name == vm) == true))
            await cluster.User.DeleteAsync(BuiltInTypes.Pods, Namespace, pod.Metadata.Name, new DeleteOptions(), CancellationToken.None);
    }
}

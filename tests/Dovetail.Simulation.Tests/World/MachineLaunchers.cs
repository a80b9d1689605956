using System.Net;
using Dovetail.LauncherApi;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler.Launchers;
using Dovetail.Virt.VirtHandler.Network;

namespace Dovetail.Simulation.Tests.World;

/// <summary>virt-handler's connections to the launchers of the simulated machine; they break with the handler's process and with the launcher's.</summary>
internal sealed class MachineLaunchers(NodeMachine machine, TimeProvider time, Random random) : ILaunchers
{
    private readonly Dictionary<NamespacedName, string> connected = [];

    public Action<NamespacedName> Changed { private get; set; } = _ => { };

    /// <summary>A launcher has something new to say, or has gone.</summary>
    public void Hear(Sandbox sandbox)
    {
        if (connected.TryGetValue(sandbox.Vmi, out var podUid) && podUid == sandbox.PodUid) Changed(sandbox.Vmi);
    }

    public async Task<LauncherSight> LookAsync(NamespacedName vmi, string podUid, CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20)), time, ct);
        var sandbox = machine.Find(podUid);
        if (sandbox is not { LauncherAnswers: true })
        {
            connected.Remove(vmi);
            return new(null, null, sandbox?.GuestRecord, SandboxIsGone: sandbox is not { Runs: true });
        }

        connected[vmi] = podUid;
        return new(sandbox.Guest, new LauncherProcess(7, 100_000, new ProcessIdentity(1, 1)), null, false);
    }

    public async Task<LauncherMessage> AskAsync(NamespacedName vmi, LauncherCommand command, CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20)), time, ct);
        if (!connected.TryGetValue(vmi, out var podUid) || machine.Find(podUid) is not { LauncherAnswers: true } sandbox) throw new IOException("the launcher does not answer");
        var error = command switch
        {
            LauncherCommand.EnsureDomain ensure => machine.Ensure(sandbox, ensure),
            LauncherCommand.Shutdown shutdown => machine.Stop(sandbox, TimeSpan.FromSeconds(shutdown.GracePeriodSeconds)),
            LauncherCommand.Release => machine.Release(sandbox),
            _ => $"the simulated launcher does not know {command.GetType().Name}",
        };
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20)), time, ct);
        return new(1, LauncherProtocol.Version, sandbox.Guest, error);
    }

    public ValueTask ForgetAsync(NamespacedName vmi)
    {
        connected.Remove(vmi);
        return default;
    }
}

/// <summary>Pods' networks that are there at once.</summary>
internal sealed class MachineNetworks : IPodNetworks
{
    public Task<PodNetworkFacts> EnsureAsync(NamespacedName vmi, LauncherProcess launcher, GuestNetwork wanted, CancellationToken ct) =>
        Task.FromResult(new PodNetworkFacts([IPAddress.Parse("10.42.0.9")], 1450));

    public void Release(NamespacedName vmi)
    {
    }
}

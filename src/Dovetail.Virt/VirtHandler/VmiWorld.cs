using System.Collections.Concurrent;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.Domain;
using Dovetail.Virt.VirtHandler.Launchers;
using Dovetail.Virt.VirtHandler.Network;

namespace Dovetail.Virt.VirtHandler;

/// <summary>Observes and acts for the reconciler: launchers, networks, Secrets.</summary>
internal sealed class VmiWorld(IKubeApi api, ILaunchers launchers, IPodNetworks networks, VirtHandlerOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<NamespacedName, DateTime> resumed = new();

    public async Task<VmiFacts> ObserveAsync(VirtualMachineInstance vmi, CancellationToken ct)
    {
        var key = NamespacedName.Of(vmi);
        var facts = new VmiFacts { Vmi = vmi, UseKvm = options.UseKvm, ResumedAt = resumed.TryGetValue(key, out var last) ? last : null, Now = time.GetUtcNow().UtcDateTime };
        if (PodOf(vmi) is not { } podUid) return facts with { SandboxIsGone = true };
        var sight = await launchers.LookAsync(key, podUid, ct);
        facts = facts with { Guest = sight.Status, Record = sight.Record, SandboxIsGone = sight.SandboxIsGone };
        if (sight.Process is not { } process || sight.Status is null or { State: DomainState.Ended or DomainState.Failed } || VmiPhases.IsFinal(vmi.Status?.Phase)) return facts;
        if (NetworkOf(vmi) is not { } wanted) return facts;
        try
        {
            return facts with { PodAddresses = (await networks.EnsureAsync(key, process, wanted, ct)).PodAddresses };
        }
        catch (IOException e)
        {
            return facts with { Problem = new("NetworkFailed", e.Message) };
        }
    }

    /// <returns>What kept the step from being done.</returns>
    public async Task<SyncProblem?> ActAsync(VmiFacts facts, VmiStep step, CancellationToken ct)
    {
        var key = NamespacedName.Of(facts.Vmi);
        try
        {
            var command = step switch
            {
                VmiStep.StartGuest => facts.Problem is null ? await EnsureAsync(facts, ct) : null,
                VmiStep.StopGuest stop => new LauncherCommand.Shutdown(stop.GraceSeconds),
                VmiStep.ResumeGuest => Resume(key, facts.Now),
                VmiStep.ReleaseSandbox => new LauncherCommand.Release(),
                _ => throw new InvalidOperationException(step.GetType().Name),
            };
            if (command is null) return facts.Problem;
            var answer = await launchers.AskAsync(key, command, ct);
            return answer.Error is { } error ? new("LauncherRefused", error) : null;
        }
        catch (CloudInitException e)
        {
            return new(e.Reason, e.Message);
        }
        catch (StatusException e)
        {
            return new(e.Status.Reason, e.Message);
        }
        catch (IOException e)
        {
            return new("LauncherUnreachable", e.Message);
        }
    }

    public async Task ForgetAsync(NamespacedName vmi)
    {
        resumed.TryRemove(vmi, out _);
        networks.Release(vmi);
        await launchers.ForgetAsync(vmi);
    }

    /// <summary>The uid of the launcher pod on this node, as virt-controller handed it over.</summary>
    internal string? PodOf(VirtualMachineInstance vmi) => vmi.Status?.ActivePods?.Where(p => p.Value == options.NodeName).Select(p => p.Key).FirstOrDefault();

    private LauncherCommand.Unpause Resume(NamespacedName vmi, DateTime now)
    {
        resumed[vmi] = now;
        return new();
    }

    private async Task<LauncherCommand> EnsureAsync(VmiFacts facts, CancellationToken ct)
    {
        var vmi = facts.Vmi;
        var cloudInit = new Dictionary<string, CloudInitData>();
        foreach (var volume in vmi.Spec!.Volumes ?? [])
        {
            if (((ICloudInitSource?)volume.CloudInitNoCloud ?? volume.CloudInitConfigDrive) is { } source)
                cloudInit[volume.Name!] = await CloudInitReader.ReadAsync(api, vmi.Metadata.NamespaceProperty, source, ct);
        }

        var domainFacts = new DomainFacts
        {
            UseKvm = options.UseKvm,
            Interfaces = [.. (vmi.Spec.Domain!.Devices?.Interfaces ?? []).Select(nic => new InterfaceFacts(nic.Name!, MasqueradeNetwork.Tap, GuestIdentity.Mac(vmi, nic)))],
        };
        var isLogged = vmi.Spec.Domain.Devices is not { AutoattachSerialConsole: false } and not { LogSerialConsole: false };
        return new LauncherCommand.EnsureDomain(
            DomainRenderer.Render(vmi, domainFacts), GuestVolumes.Plan(vmi, domainFacts, cloudInit), vmi.Spec.StartStrategy == "Paused", vmi.Spec.TerminationGracePeriodSeconds ?? 30)
        {
            DomainName = GuestIdentity.DomainName(vmi), SerialLog = isLogged ? SandboxLayout.SerialLog(vmi.Metadata.Uid) : "", Folders = [$"{SandboxLayout.Private}/{vmi.Metadata.Uid}"],
        };
    }

    private GuestNetwork? NetworkOf(VirtualMachineInstance vmi)
    {
        if (MasqueradeNetwork.Of(vmi.Spec!) is not { } masquerade) return null;
        var nic = vmi.Spec!.Domain!.Devices!.Interfaces!.First(i => i.Name == masquerade.InterfaceName);
        var domain = $"{vmi.Metadata.NamespaceProperty}.svc.{options.ClusterDomain}";
        return new(masquerade, GuestIdentity.Mac(vmi, nic), GuestIdentity.Hostname(vmi), vmi.Spec.Subdomain is { Length: > 0 } sub ? $"{sub}.{domain}" : domain);
    }
}

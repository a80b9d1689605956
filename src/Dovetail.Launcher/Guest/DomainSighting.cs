using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>What is seen of the guest's domain at one moment. libvirt's events may be late or lost; this is not.</summary>
internal abstract record DomainSighting
{
    private DomainSighting() { }

    /// <summary>libvirt knows no such domain.</summary>
    /// <param name="Told">How its last run ended, as libvirt's event or log told; null when neither did.</param>
    public sealed record Absent(EndReason? Told) : DomainSighting;

    /// <summary>It is being started or about to vanish, or libvirtd did not answer: the next look tells.</summary>
    public sealed record Unsettled : DomainSighting;

    /// <summary>QEMU runs and libvirt is in touch with it. <paramref name="Pause"/> is None while the vCPUs run.</summary>
    public sealed record Live(PauseReason Pause, int QemuPid, string MachineType, bool AgentConnected) : DomainSighting;
}

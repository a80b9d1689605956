using System.Globalization;
using Dovetail.Launcher.Libvirt;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>Looks at the guest's domain: in libvirt, in the log that libvirt keeps of it, and at QEMU's process.</summary>
internal sealed class DomainObserver(LauncherOptions options)
{
    /// <summary>VIR_DOMAIN_PAUSED_IOERROR.</summary>
    private const int PausedByIoError = 5;

    /// <summary>VIR_DOMAIN_PAUSED_STARTING_UP: QEMU is there and its guest has not run yet.</summary>
    private const int PausedForStart = 11;

    /// <param name="connection">To the present libvirtd.</param>
    /// <param name="domain">libvirt's name of the domain.</param>
    /// <param name="told">What libvirt's event told of the domain's end since it was last started; null for nothing.</param>
    public DomainSighting Look(LibvirtConnection connection, string domain, EndReason? told)
    {
        try
        {
            using var found = connection.Find(domain);
            if (found is null) return new DomainSighting.Absent(told ?? QemuLog.EndReason(options.QemuLogs, domain));
            var (state, detail) = found.State();
            return state switch
            {
                // A transient domain that is off has not been started yet, or has ended and is about to vanish.
                LibvirtState.ShutOff or LibvirtState.Crashed => told is null ? new DomainSighting.Unsettled() : new DomainSighting.Absent(told),
                LibvirtState.Paused when detail == PausedForStart => new DomainSighting.Unsettled(),
                LibvirtState.Paused => Live(found, domain, detail == PausedByIoError ? PauseReason.IoError : PauseReason.User),
                LibvirtState.None or LibvirtState.Running or LibvirtState.Blocked or LibvirtState.ShuttingDown or LibvirtState.PmSuspended => Live(found, domain, PauseReason.None),
            };
        }
        catch (LibvirtException)
        {
            return new DomainSighting.Unsettled();
        }
    }

    public static EndReason ReasonOf(StoppedDetail detail) => detail switch
    {
        StoppedDetail.Destroyed => EndReason.Destroyed,
        StoppedDetail.Crashed or StoppedDetail.Failed => EndReason.Crashed,
        StoppedDetail.Shutdown or StoppedDetail.Migrated or StoppedDetail.Saved or StoppedDetail.FromSnapshot => EndReason.Shutdown,
    };

    /// <summary>A libvirtd that has just started again calls its domains running before it has found out whether QEMU is still there, and tells nobody when it is not.</summary>
    private DomainSighting Live(LibvirtDomain found, string domain, PauseReason pause)
    {
        if (QemuPid(domain) is not { } pid) return new DomainSighting.Unsettled();
        var xml = DomainXml.Read(found.Xml());
        return new DomainSighting.Live(pause, pid, xml.MachineType, xml.AgentConnected);
    }

    private int? QemuPid(string domain)
    {
        try
        {
            var file = Path.Combine(options.RuntimeHome, "libvirt/qemu/run", domain + ".pid");
            return int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var pid) && Directory.Exists($"/proc/{pid}") ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

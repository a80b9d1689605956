using Dovetail.LauncherApi;
using Dovetail.Runtime.Seam;

namespace Dovetail.Virt.VirtHandler.Launchers;

/// <summary>A process that cannot be mistaken for a later one with its number: the start time is field 22 of <c>/proc/&lt;pid&gt;/stat</c>.</summary>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime);

/// <summary>The launcher at the other end of a connection: its process, its user and the init of its sandbox.</summary>
public sealed record LauncherProcess(int Pid, uint Uid, ProcessIdentity Init);

/// <summary>What is seen of a VMI's launcher.</summary>
/// <param name="Status">What it says; null while it does not answer.</param>
/// <param name="Process">Null while it does not answer.</param>
/// <param name="Record">What it left behind about its guest, when it does not answer.</param>
/// <param name="SandboxIsGone">It does not answer, and its sandbox has ended or has been out of sight for too long: it never will.</param>
public sealed record LauncherSight(DomainStatus? Status, LauncherProcess? Process, GuestRecord? Record, bool SandboxIsGone);

/// <summary>The launchers of this node's VMIs.</summary>
public interface ILaunchers
{
    /// <summary>Called with the VMI, on any thread, whenever its launcher's status changes or its connection ends.</summary>
    Action<NamespacedName> Changed { set; }

    /// <summary>Looks at the launcher, connecting to it where that has not been done.</summary>
    Task<LauncherSight> LookAsync(NamespacedName vmi, string podUid, CancellationToken ct);

    /// <exception cref="IOException">It does not answer.</exception>
    Task<LauncherMessage> AskAsync(NamespacedName vmi, LauncherCommand command, CancellationToken ct);

    /// <summary>Closes the connection; the launcher goes on.</summary>
    ValueTask ForgetAsync(NamespacedName vmi);
}

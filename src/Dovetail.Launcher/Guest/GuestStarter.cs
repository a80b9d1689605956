using System.Threading.Channels;
using Dovetail.Launcher.Libvirt;
using Dovetail.Launcher.Prepare;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>Prepares and starts the guest beside its owner, and reports.</summary>
internal sealed class GuestStarter(LibvirtLink link, ChannelWriter<GuestInput> owner)
{
    /// <summary>Reports <see cref="GuestInput.Prepared"/> or <see cref="GuestInput.CannotStart"/>.</summary>
    public void Prepare(LauncherCommand.EnsureDomain ensure, CancellationToken ct) => _ = ReportAsync(async () =>
    {
        if (ensure.SerialLog is { Length: > 0 } log) Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        foreach (var folder in ensure.Folders.IsDefault ? [] : ensure.Folders) Directory.CreateDirectory(folder);
        await Preparer.RunAsync(ensure.Prepare, ct).ConfigureAwait(false);
        return new GuestInput.Prepared();
    });

    /// <summary>Reports <see cref="GuestInput.Started"/>, <see cref="GuestInput.StartUnclear"/> or <see cref="GuestInput.CannotStart"/>.</summary>
    public void Start(LauncherCommand.EnsureDomain ensure, CancellationToken ct) => _ = ReportAsync(async () =>
    {
        var connection = await link.ConnectedAsync().WaitAsync(ct).ConfigureAwait(false);
        try
        {
            connection.Create(ensure.DomainXml, ensure.StartPaused);
            return new GuestInput.Started();
        }
        catch (LibvirtException e) when (e.Code == LibvirtError.OperationInvalid || !connection.IsAlive)
        {
            // A launcher that is dead had asked for the same start and libvirtd is still at it or has done it; or libvirtd died during this one.
            return new GuestInput.StartUnclear(e.Message);
        }
    });

    private async Task ReportAsync(Func<Task<GuestInput>> work)
    {
        GuestInput outcome;
        try
        {
            outcome = await Task.Run(work).ConfigureAwait(false);
        }
        catch (PrepareException e)
        {
            outcome = new GuestInput.CannotStart(e.Reason, e.Message);
        }
        catch (LibvirtException e)
        {
            outcome = new GuestInput.CannotStart("LibvirtError", e.Message);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e)
        {
            outcome = new GuestInput.CannotStart("LauncherError", e.Message);
        }

        owner.TryWrite(outcome);
    }
}

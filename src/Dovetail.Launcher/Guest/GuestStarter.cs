using System.Threading.Channels;
using Dovetail.Launcher.Libvirt;
using Dovetail.Launcher.Prepare;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>Prepares and starts the guest beside its owner, and reports.</summary>
internal sealed class GuestStarter(LibvirtLink link, ChannelWriter<GuestInput> owner)
{
    /// <summary>A start during which libvirtd dies is tried again with the next one; not for ever.</summary>
    private const int Attempts = 3;

    public void Prepare(LauncherCommand.EnsureDomain ensure, CancellationToken ct) => _ = ReportAsync(async () =>
    {
        if (ensure.SerialLog is { Length: > 0 } log) Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        foreach (var folder in ensure.Folders.IsDefault ? [] : ensure.Folders) Directory.CreateDirectory(folder);
        await Preparer.RunAsync(ensure.Prepare, ct).ConfigureAwait(false);
        return new GuestInput.Prepared();
    });

    public void Start(LauncherCommand.EnsureDomain ensure, CancellationToken ct) => _ = ReportAsync(async () =>
    {
        for (var attempt = 1; ; attempt++)
        {
            var connection = await link.ConnectedAsync().WaitAsync(ct).ConfigureAwait(false);
            try
            {
                await Task.Run(() => Start(connection, ensure), ct).ConfigureAwait(false);
                return new GuestInput.Started();
            }
            catch (LibvirtException) when (attempt < Attempts && link.ConnectedAsync() is var next && !(next.IsCompletedSuccessfully && next.Result == connection))
            {
                // That libvirtd died; the next one may know the domain already.
            }
        }
    });

    private static void Start(LibvirtConnection connection, LauncherCommand.EnsureDomain ensure)
    {
        if (connection.Find(ensure.DomainName) is { } already)
        {
            already.Dispose();
            return;
        }

        connection.Create(ensure.DomainXml, ensure.StartPaused).Dispose();
    }

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

using System.Runtime.InteropServices;
using Dovetail.Launcher;
using Dovetail.Launcher.Guest;
using Dovetail.Launcher.Server;

// virt-launcher: runs beside one guest inside its sandbox. Exit codes: 0 the guest ended in order, 1 it crashed or could not start, 64 wrong usage.
LauncherOptions options;
try
{
    options = LauncherOptions.Parse(args);
}
catch (ArgumentException e)
{
    await Console.Error.WriteLineAsync($"virt-launcher: {e.Message}");
    return 64;
}

using var ending = new CancellationTokenSource();
var feed = new StatusFeed();
await using var owner = new GuestOwner(options, feed, TimeProvider.System);
using var sigterm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    owner.Terminate();
});
if (Environment.GetEnvironmentVariable("DOVETAIL_STOPPING") is not null) owner.Terminate();

var guest = owner.RunAsync(ending.Token);
var server = new CommandServer(options.Socket, owner, feed).RunAsync(ending.Token);
var bounds = LogBounds.RunAsync(() => owner.SerialLog, [options.Logs, options.QemuLogs], TimeProvider.System, ending.Token);

// A part that fails is a bug or a broken sandbox: the exception ends the process by a signal and init starts it again.
if (await Task.WhenAny(owner.Exit, guest, server, bounds) is var first && first != owner.Exit) await first;
await ending.CancelAsync();
await Task.WhenAll(guest, server, bounds).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
return await owner.Exit;

using System.Net.WebSockets;
using Dovetail.Virtctl.Client;
using Dovetail.Virtctl.Console;

namespace Dovetail.Virtctl.Commands;

internal static class ConsoleCommand
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    public static Command Command { get; } = new()
    {
        Name = "console",
        Use = "console (VMI)",
        Short = "Connect to a console of a virtual machine instance.",
        Example = "  # Connect to the console on VirtualMachineInstance 'myvmi':\n  virtctl console myvmi\n  # Configure one minute timeout (default 5 minutes)\n  virtctl console --timeout=1 myvmi",
        ArgumentCount = 1,
        Flags = [new Flag("timeout", "The number of minutes to wait for the virtual machine instance to be ready.", Default: "5")],
        RunAsync = RunAsync,
    };

    private static async Task RunAsync(CommandContext context, CancellationToken ct)
    {
        var vmi = context.Argument(0);
        var timeout = TimeSpan.FromMinutes(context.Flags.Integer("timeout", 5));
        var client = context.Connect();
        WebSocket socket;
        try
        {
            socket = await ConnectAsync(client, vmi, timeout, context.Host.Time, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await context.Host.Out.WriteLineAsync(); // an interrupt while waiting is no failure
            return;
        }

        using (socket)
        {
            ConsoleEnd end;
            using (context.Host.Terminal.MakeRaw())
            {
                await context.Host.Error.WriteAsync($"Successfully connected to {vmi} console. Press Ctrl+] or Ctrl+5 to exit console.\n");
                try
                {
                    end = await ConsoleSession.RunAsync(socket, context.Host.Terminal, ConsoleSession.Escape, ct);
                }
                catch (OperationCanceledException) when (ct.IsCancellationRequested)
                {
                    return;
                }
            }

            if (end != ConsoleEnd.Disconnected) return;
            await context.Host.Error.WriteAsync(
                "\nYou were disconnected from the console. This could be caused by one of the following:\n - the target VM was powered off\n - another user connected to the console of the target VM\n - network issues\n");
            throw new VirtctlException("websocket: close 1006 (abnormal closure): unexpected EOF");
        }
    }

    /// <summary>A VMI that does not run yet is answered with 400: try again until the time is up.</summary>
    private static async Task<WebSocket> ConnectAsync(KubeVirtClient client, string vmi, TimeSpan timeout, TimeProvider time, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await client.OpenConsoleAsync(vmi, ct);
            }
            catch (ApiException e) when (e.StatusCode == 400 && timeout > TimeSpan.Zero)
            {
                if (time.GetElapsedTime(started) >= timeout) throw new VirtctlException("Timeout trying to connect to the virtual machine instance", e);
            }

            await Task.Delay(RetryInterval, time, ct);
        }
    }
}

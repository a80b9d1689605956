using System.Text.Json.Nodes;
using Dovetail.Virtctl.Client;

namespace Dovetail.Virtctl.Commands;

/// <summary>start, stop and restart of a VirtualMachine.</summary>
internal static class LifecycleCommands
{
    internal static readonly Flag DryRun = new("dry-run", "--dry-run=false: Flag used to set whether to perform a dry run or not. If true the command will be executed without performing any changes.", IsBoolean: true);

    private static readonly Flag Paused = new("paused", "--paused=false: If set to true, start virtual machine in paused state", IsBoolean: true);

    private static readonly Flag Force = new(
        "force",
        "--force=false: Only used when grace-period=0. If true, immediately remove VMI pod from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation.",
        IsBoolean: true);

    private static readonly Flag GracePeriod = new(
        "grace-period",
        "--grace-period=-1: Period of time in seconds given to the VMI to terminate gracefully. Can only be set to 0 when --force is true (force deletion). Currently only setting 0 is supported.",
        Default: "-1");

    public static Command Start { get; } = new()
    {
        Name = "start",
        Use = "start (VM)",
        Short = "Start a virtual machine.",
        Example = "  # Start a virtual machine called 'myvm':\n  virtctl start myvm",
        ArgumentCount = 1,
        Flags = [Paused, DryRun],
        RunAsync = async (context, ct) =>
        {
            var options = await OptionsAsync(context);
            if (context.Flags.Boolean("paused")) options["paused"] = true;
            await PutAsync(context, "start", options, "Error starting VirtualMachine", ct);
        },
    };

    public static Command Stop { get; } = new()
    {
        Name = "stop",
        Use = "stop (VM)",
        Short = "Stop a virtual machine.",
        Example = "  # Stop a virtual machine called 'myvm':\n  virtctl stop myvm",
        ArgumentCount = 1,
        Flags = [Force, GracePeriod, DryRun],
        RunAsync = (context, ct) => EndAsync(context, "stop", "gracePeriod", "error stopping VirtualMachine", "error force stopping VirtualMachine:", ct),
    };

    public static Command Restart { get; } = new()
    {
        Name = "restart",
        Use = "restart (VM)",
        Short = "Restart a virtual machine.",
        Example = "  # Restart a virtual machine called 'myvm':\n  virtctl restart myvm",
        ArgumentCount = 1,
        Flags = [Force, GracePeriod, DryRun],
        RunAsync = (context, ct) => EndAsync(context, "restart", "gracePeriodSeconds", "error restarting VirtualMachine:", "error force restarting VirtualMachine:", ct),
    };

    /// <summary>The <c>dryRun</c> that every lifecycle request may carry.</summary>
    internal static async Task<JsonObject> OptionsAsync(CommandContext context)
    {
        var options = new JsonObject();
        if (!context.Flags.Boolean("dry-run")) return options;
        await context.Host.Out.WriteLineAsync("Dry Run execution");
        options["dryRun"] = new JsonArray("All");
        return options;
    }

    private static async Task EndAsync(CommandContext context, string action, string graceField, string failure, string forcedFailure, CancellationToken ct)
    {
        var options = await OptionsAsync(context);
        var force = context.Flags.Boolean("force");
        if (context.Flags.Has("grace-period") != force) throw new VirtctlException("Must both use --force=true and set --grace-period.");
        if (force) options[graceField] = context.Flags.Integer("grace-period", -1);
        await PutAsync(context, action, options, force ? forcedFailure : failure, ct);
    }

    private static async Task PutAsync(CommandContext context, string action, JsonObject options, string failure, CancellationToken ct)
    {
        var vm = context.Argument(0);
        var client = context.Connect();
        try
        {
            await client.PutSubresourceAsync("virtualmachines", vm, action, options, ct);
        }
        catch (ApiException e)
        {
            throw new VirtctlException($"{failure} {e.Message}", e);
        }

        await context.Host.Out.WriteLineAsync($"VM {vm} was scheduled to {action}");
    }
}

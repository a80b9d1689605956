using System.Text.Json.Nodes;
using Dovetail.Virtctl.Client;

namespace Dovetail.Virtctl.Commands;

/// <summary>pause and unpause, of a VirtualMachine or of a VirtualMachineInstance.</summary>
internal static class PauseCommands
{
    private const string Resources =
        "First argument is the resource type, possible types are (case insensitive, both singular and plural forms) virtualmachineinstance (vmi) or virtualmachine (vm).\nSecond argument is the name of the resource.";

    public static Command Pause { get; } = new()
    {
        Name = "pause",
        Use = "pause vm|vmi (VM)|(VMI)",
        Short = "Pause a virtual machine",
        Long = "Pauses a virtual machine by freezing it. Machine state is kept in memory.\n" + Resources,
        Example = "  # Pause a virtualmachine called 'myvm':\n  virtctl pause vm myvm",
        ArgumentCount = 2,
        Flags = [LifecycleCommands.DryRun],
        RunAsync = (context, ct) => RunAsync(context, "pause", "pausing", ct),
    };

    public static Command Unpause { get; } = new()
    {
        Name = "unpause",
        Use = "unpause vm|vmi (VM)|(VMI)",
        Short = "Unpause a virtual machine",
        Long = "Unpauses a virtual machine.\n" + Resources,
        Example = "  # Unpause a virtualmachine called 'myvm':\n  virtctl unpause vm myvm",
        ArgumentCount = 2,
        Flags = [LifecycleCommands.DryRun],
        RunAsync = (context, ct) => RunAsync(context, "unpause", "unpausing", ct),
    };

    private static async Task RunAsync(CommandContext context, string action, string doing, CancellationToken ct)
    {
        var name = context.Argument(1);
        var ofMachine = context.Argument(0).ToLowerInvariant() switch
        {
            "virtualmachine" or "virtualmachines" or "vm" or "vms" => true,
            "virtualmachineinstance" or "virtualmachineinstances" or "vmi" or "vmis" => false,
            var other => throw new VirtctlException($"unsupported resource type \"{other}\": it is vm or vmi"),
        };
        var client = context.Connect();
        var options = await LifecycleCommands.OptionsAsync(context);
        var machine = ofMachine ? await GetMachineAsync(client, name, ct) : null;
        try
        {
            await client.PutSubresourceAsync("virtualmachineinstances", name, action, options, ct);
        }
        catch (ApiException e) when (e.StatusCode == 404 && machine is not null && action == "pause")
        {
            throw new VirtctlException(
                IsHalted(machine) ? $"Error pausing VirtualMachineInstance {name}. VirtualMachine {name} is not set to run" : $"Error pausing VirtualMachineInstance {name}, it was not found", e);
        }
        catch (ApiException e)
        {
            throw new VirtctlException($"Error {doing} VirtualMachineInstance {name}: {e.Message}", e);
        }

        await context.Host.Out.WriteLineAsync($"VMI {name} was scheduled to {action}");
    }

    private static async Task<JsonObject> GetMachineAsync(KubeVirtClient client, string name, CancellationToken ct)
    {
        try
        {
            return await client.GetAsync("virtualmachines", name, ct);
        }
        catch (ApiException e)
        {
            throw new VirtctlException($"Error getting VirtualMachine {name}: {e.Message}", e);
        }
    }

    private static bool IsHalted(JsonObject machine) =>
        machine["spec"]?["runStrategy"] is JsonValue strategy ? strategy.ToString() == "Halted" : machine["spec"]?["running"] is not JsonValue running || running.ToString() == "false";
}

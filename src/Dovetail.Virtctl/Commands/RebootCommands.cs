using Dovetail.Virtctl.Client;

namespace Dovetail.Virtctl.Commands;

/// <summary>soft-reboot (by the guest's agent or its power button) and reset (as the button of that name) of a VirtualMachineInstance.</summary>
internal static class RebootCommands
{
    public static Command SoftReboot { get; } = Create("soft-reboot", "softreboot", "Soft reboot a virtual machine instance", "Soft-Reboot", "soft rebooting");

    // Upstream's spelling.
    public static Command Reset { get; } = Create("reset", "reset", "Reset a virtual machine instance", "Reset", "reseting");

    private static Command Create(string name, string subresource, string summary, string title, string doing) => new()
    {
        Name = name,
        Use = $"{name} (VMI)",
        Short = summary,
        Example = $"  # {title} a virtualmachineinstance called 'myvmi':\n  virtctl {name} myvmi",
        ArgumentCount = 1,
        RunAsync = async (context, ct) =>
        {
            var vmi = context.Argument(0);
            var client = context.Connect();
            try
            {
                await client.PutSubresourceAsync("virtualmachineinstances", vmi, subresource, null, ct);
            }
            catch (ApiException e)
            {
                throw new VirtctlException($"Error {doing} VirtualMachineInstance {vmi}: {e.Message}", e);
            }

            await context.Host.Out.WriteLineAsync($"VMI {vmi} was scheduled to {name}");
        },
    };
}

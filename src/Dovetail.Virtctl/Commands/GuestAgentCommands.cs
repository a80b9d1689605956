using Dovetail.Virtctl.Client;

namespace Dovetail.Virtctl.Commands;

/// <summary>What the guest agent tells, as indented JSON.</summary>
internal static class GuestAgentCommands
{
    public static Command GuestOsInfo { get; } = Create("guestosinfo", "guestosinfo", "Return guest agent info about operating system.", "getting guestosinfo of");

    public static Command UserList { get; } = Create("userlist", "userlist", "Return full list of logged in users on the guest machine.", "listing users of");

    public static Command FsList { get; } = Create("fslist", "filesystemlist", "Return full list of filesystems available on the guest machine.", "listing filesystems of");

    private static Command Create(string name, string subresource, string summary, string doing) => new()
    {
        Name = name,
        Use = $"{name} (VMI)",
        Short = summary,
        Example = $"  # {char.ToUpperInvariant(name[0])}{name[1..]} a virtual machine instance called 'myvm':\n  virtctl {name} myvm",
        ArgumentCount = 1,
        RunAsync = async (context, ct) =>
        {
            var vmi = context.Argument(0);
            var client = context.Connect();
            try
            {
                await context.Host.Out.WriteLineAsync(await client.GetSubresourceAsync("virtualmachineinstances", vmi, subresource, ct));
            }
            catch (ApiException e)
            {
                throw new VirtctlException($"Error {doing} VirtualMachineInstance {vmi}, {e.Message}", e);
            }
        },
    };
}

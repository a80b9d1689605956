using Dovetail.Virtctl.Client;

namespace Dovetail.Virtctl.Commands;

internal static class VersionCommand
{
    public static Command Command { get; } = new()
    {
        Name = "version",
        Use = "version",
        Short = "Print the client and server version information.",
        Example = "  # Print the client and server versions for the current context:\n  virtctl version",
        ArgumentCount = 0,
        Flags = [new Flag("client", "Client version only (no server required).", IsBoolean: true, Short: 'c')],
        RunAsync = async (context, ct) =>
        {
            await context.Host.Out.WriteLineAsync($"Client Version: {VersionInfo.Client}");
            if (context.Flags.Boolean("client")) return;
            var client = context.Connect();
            try
            {
                await context.Host.Out.WriteLineAsync($"Server Version: {await client.ServerVersionAsync(ct)}");
            }
            catch (ApiException e)
            {
                throw new VirtctlException($"failed to get server version: {e.Message}", e);
            }
        },
    };
}

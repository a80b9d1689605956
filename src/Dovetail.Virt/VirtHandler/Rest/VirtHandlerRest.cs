using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.VirtHandler.Launchers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtHandler.Rest;

/// <summary>virt-handler's endpoint for virt-api: streams, pause, reboot and what the guest agent tells. Same paths and bodies as upstream's.</summary>
internal sealed class VirtHandlerRest(IResourceCache<VirtualMachineInstance> vmis, UnixLaunchers launchers, ILogger logger)
{
    private const string PlainStream = "plain.kubevirt.io";
    private readonly GuestStreams streams = new(logger);

    public void Map(IEndpointRouteBuilder endpoints)
    {
        const string Base = "/v1/namespaces/{ns}/virtualmachineinstances/{name}/";
        endpoints.MapGet(Base + "console", context => StreamAsync(context, "console", uid => (SandboxLayout.SerialSocket(uid), SandboxLayout.SerialLog(uid))));
        endpoints.MapGet(Base + "vnc", context => StreamAsync(context, "vnc", uid => (SandboxLayout.VncSocket(uid), null)));
        endpoints.MapPut(Base + "pause", context => CommandAsync(context, new LauncherCommand.Pause()));
        endpoints.MapPut(Base + "unpause", context => CommandAsync(context, new LauncherCommand.Unpause()));
        endpoints.MapPut(Base + "softreboot", context => CommandAsync(context, new LauncherCommand.SoftReboot()));
        endpoints.MapPut(Base + "reset", context => CommandAsync(context, new LauncherCommand.Reset()));
        endpoints.MapGet(Base + "guestosinfo", context => AgentAsync(context, null, GuestAgentBodies.GuestOsInfo));
        endpoints.MapGet(Base + "userlist", context => AgentAsync(context, AgentQueries.Users, (_, answer) => GuestAgentBodies.Users(answer)));
        endpoints.MapGet(Base + "filesystemlist", context => AgentAsync(context, AgentQueries.Filesystems, (_, answer) => GuestAgentBodies.Filesystems(answer)));
    }

    private async Task StreamAsync(HttpContext context, string kind, Func<string, (string Socket, string? Log)> paths)
    {
        if (await FindAsync(context) is not var (key, vmi, process)) return;
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Problem.WriteAsync(context, 400, "BadRequest", $"{kind} is a WebSocket with the subprotocol {PlainStream}");
            return;
        }

        var (socket, log) = paths(vmi.Metadata.Uid);
        var subprotocol = context.WebSockets.WebSocketRequestedProtocols.Contains(PlainStream) ? PlainStream : null;
        using var web = await context.WebSockets.AcceptWebSocketAsync(subprotocol);
        await streams.RelayAsync((key, kind), process.Pid, socket, log, web, context.RequestAborted);
    }

    private async Task CommandAsync(HttpContext context, LauncherCommand command)
    {
        if (await FindAsync(context) is not var (key, _, _)) return;
        var answer = await AskAsync(context, key, command);
        if (answer is { Error: null }) context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private async Task AgentAsync(HttpContext context, string? query, Func<DomainStatus, string?, ReadOnlyMemory<byte>> body)
    {
        if (await FindAsync(context) is not var (key, _, _)) return;
        if (await AskAsync(context, key, query is null ? new LauncherCommand.Query() : new LauncherCommand.AgentQuery(query)) is not { Error: null } answer) return;
        if (!answer.Status.AgentConnected)
        {
            await Problem.WriteAsync(context, 409, "Conflict", "the guest agent is not connected: install qemu-guest-agent in the guest");
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.BodyWriter.WriteAsync(body(answer.Status, answer.Result), context.RequestAborted);
    }

    /// <summary>Null when the refusal has been written.</summary>
    private async Task<LauncherMessage?> AskAsync(HttpContext context, NamespacedName key, LauncherCommand command)
    {
        try
        {
            var answer = await launchers.AskAsync(key, command, context.RequestAborted);
            if (answer.Error is { } error) await Problem.WriteAsync(context, 409, "Conflict", error);
            return answer;
        }
        catch (IOException e)
        {
            await Problem.WriteAsync(context, 503, "ServiceUnavailable", $"{key}: {e.Message}; try again");
            return null;
        }
    }

    private async Task<(NamespacedName Key, VirtualMachineInstance Vmi, LauncherProcess Process)?> FindAsync(HttpContext context)
    {
        var key = new NamespacedName((string)context.Request.RouteValues["ns"]!, (string)context.Request.RouteValues["name"]!);
        if (vmis.Find(key.Namespace, key.Name) is not { } vmi)
        {
            await Problem.WriteAsync(context, 404, "NotFound", $"virtualmachineinstances.kubevirt.io \"{key.Name}\" not found on this node");
            return null;
        }

        if (vmi.Status?.Phase != VmiPhases.Running)
        {
            await Problem.WriteAsync(context, 409, "Conflict", $"VMI {key.Name} is not running: its phase is {vmi.Status?.Phase}");
            return null;
        }

        if (launchers.ProcessOf(key) is { } process) return (key, vmi, process);
        await Problem.WriteAsync(context, 503, "ServiceUnavailable", $"the launcher of {key} does not answer at the moment; try again");
        return null;
    }
}

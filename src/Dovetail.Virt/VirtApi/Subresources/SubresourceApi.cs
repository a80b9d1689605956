using System.Runtime.InteropServices;
using System.Text.Json;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Yaml;
using Dovetail.Runtime.Seam;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>
/// The aggregated API <c>subresources.kubevirt.io</c> as KubeVirt 1.9 serves it: lifecycle of VirtualMachines, streams and agent data of VirtualMachineInstances. Who asks has been
/// authenticated and authorised by the one who routes here. Refusals are thrown as <see cref="StatusException"/>.
/// </summary>
public sealed class SubresourceApi : IDisposable
{
    public const string Group = "subresources.kubevirt.io";
    public const string Version = "v1";

    private const string Machines = "virtualmachines";
    private const string Instances = "virtualmachineinstances";
    private const int MaxOptionBytes = 64 * 1024;

    /// <summary>What discovery lists; upstream gives no kinds and no verbs.</summary>
    private static readonly string[] Advertised =
    [
        $"{Machines}/start", $"{Machines}/stop", $"{Machines}/restart",
        $"{Instances}/console", $"{Instances}/vnc", $"{Instances}/portforward", $"{Instances}/pause", $"{Instances}/unpause", $"{Instances}/softreboot", $"{Instances}/reset", $"{Instances}/guestosinfo", $"{Instances}/userlist", $"{Instances}/filesystemlist",
    ];

    private readonly IKubeApi _api;
    private readonly LifecycleHandlers _lifecycle;
    private readonly HandlerConnection _handler;
    private readonly string _version;

    /// <param name="api">The seam, as virt-api.</param>
    /// <param name="trust">For calls of virt-handlers.</param>
    /// <param name="productVersion">Of Dovetail; the reported version is KubeVirt's with this as build metadata.</param>
    public SubresourceApi(IKubeApi api, HandlerTrust trust, string productVersion)
    {
        (_api, _lifecycle, _handler) = (api, new LifecycleHandlers(api), new HandlerConnection(api, trust));
        _version = $"v1.9.0+dovetail.{productVersion}";
    }

    public static IReadOnlyList<string> Versions { get; } = ["v1", "v1alpha3"];

    /// <summary>The APIResourceList of one version.</summary>
    public static byte[] ResourceList(string version)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", "APIResourceList");
            json.WriteString("apiVersion", "v1");
            json.WriteString("groupVersion", $"{Group}/{version}");
            json.WriteStartArray("resources");
            foreach (var name in Advertised)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteString("singularName", "");
                json.WriteBoolean("namespaced", true);
                json.WriteString("kind", "");
                json.WriteNull("verbs");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>Serves one request below <c>/apis/subresources.kubevirt.io/VERSION/</c>.</summary>
    public Task HandleAsync(HttpContext context)
    {
        // /apis/GROUP/VERSION/… → what follows
        var segments = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)[3..];
        return segments switch
        {
            ["version"] => WriteVersionAsync(context),
            ["healthz"] => context.Response.WriteAsync("ok", context.RequestAborted),
            ["namespaces", var ns, Machines, var name, "portforward", .. var port] => ForwardAsync(context, ns, Machines, name, port),
            ["namespaces", var ns, Instances, var name, "portforward", .. var port] => ForwardAsync(context, ns, Instances, name, port),
            ["namespaces", var ns, Machines, var name, .. var subresource] when subresource.Length > 0 => ChangeAsync(context, ns, name, string.Join('/', subresource)),
            ["namespaces", var ns, Instances, var name, .. var subresource] when subresource.Length > 0 => InstanceAsync(context, ns, name, string.Join('/', subresource)),
            _ => throw new StatusException(new ApiStatus { Code = 404, Reason = "NotFound", Message = "the server could not find the requested resource" }),
        };
    }

    public void Dispose() => _handler.Dispose();

    private async Task ChangeAsync(HttpContext context, string ns, string name, string action)
    {
        var ct = context.RequestAborted;
        Func<string, string, LifecycleOptions, CancellationToken, Task> run = action switch
        {
            "start" => _lifecycle.StartAsync,
            "stop" => _lifecycle.StopAsync,
            "restart" => _lifecycle.RestartAsync,
            _ => throw Unserved(Machines, name, action),
        };
        Require(context, HttpMethods.Put, Machines, name);
        await run(ns, name, await ReadOptionsAsync(context, Machines, name, ct), ct);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private async Task InstanceAsync(HttpContext context, string ns, string name, string subresource)
    {
        var ct = context.RequestAborted;
        switch (subresource)
        {
            case "console" or "vnc":
                Require(context, HttpMethods.Get, Instances, name);
                await StreamAsync(context, await FindAsync(ns, name, ct), subresource, ct);
                break;
            case "pause" or "unpause" or "softreboot" or "reset":
                Require(context, HttpMethods.Put, Instances, name);
                var changed = await FindAsync(ns, name, ct);
                var options = await ReadOptionsAsync(context, Instances, name, ct);
                if (InstanceRules.RefuseChange(changed, subresource) is { } no) throw Refusals.Of(no.Code, no.Message, Instances, name);
                if (!options.IsDryRun) await PassOnAsync(context, HttpMethod.Put, changed, subresource, ct);
                context.Response.StatusCode = StatusCodes.Status200OK;
                break;
            case "guestosinfo" or "userlist" or "filesystemlist":
                Require(context, HttpMethods.Get, Instances, name);
                var asked = await FindAsync(ns, name, ct);
                if (InstanceRules.RefuseAgent(asked) is { } refused) throw Refusals.Of(500, refused, Instances, name);
                await PassOnAsync(context, HttpMethod.Get, asked, subresource, ct);
                break;
            default:
                throw Unserved(Instances, name, subresource);
        }
    }

    private async Task StreamAsync(HttpContext context, VirtualMachineInstance instance, string subresource, CancellationToken ct)
    {
        if (InstanceRules.RefuseStream(instance, subresource) is { } no) throw Refusals.Of(no.Code, no.Message, Instances, instance.Metadata.Name);
        if (!context.WebSockets.IsWebSocketRequest) throw Refusals.Of(400, "this is a stream: ask for a WebSocket", Instances, instance.Metadata.Name);
        // The far side first: its refusal is still an HTTP answer.
        using var server = await _handler.OpenAsync(instance, subresource, context.Request.QueryString.Value ?? "", ct);
        var offered = context.WebSockets.WebSocketRequestedProtocols.Contains(HandlerConnection.Protocol) ? HandlerConnection.Protocol : null;
        using var client = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = offered });
        await StreamRelay.RunAsync(client, server, ct);
    }

    private async Task ForwardAsync(HttpContext context, string ns, string resource, string name, string[] asked)
    {
        var ct = context.RequestAborted;
        Require(context, HttpMethods.Get, resource, name);
        if (ForwardedPort.Parse(asked) is not { } port) throw Refusals.Of(400, "portforward/PORT or portforward/PORT/PROTOCOL is asked for: a port is 1 to 65535, a protocol tcp or udp", resource, name);
        await PortForward.ServeAsync(context, resource == Machines ? await FindOfMachineAsync(ns, name, ct) : await FindAsync(ns, name, ct), port);
    }

    private async Task<VirtualMachineInstance> FindOfMachineAsync(string ns, string name, CancellationToken ct)
    {
        var machine = await _api.FindAsync(KubeVirtTypes.VirtualMachines, ns, name, ct) ?? throw Refusals.NotFound(Machines, name);
        if (machine.Status?.Created != true) throw Refusals.Of(409, "VMI is not started", Machines, name);
        var instance = await FindAsync(ns, name, ct);
        if (instance.Metadata.OwnerReferences?.Any(o => o.Uid == machine.Metadata.Uid) == true) return instance;
        throw Refusals.Of(500, $"Internal error occurred: unable to retrieve vmi [{name}] for vm: it is not this machine's own", Machines, name);
    }

    private async Task PassOnAsync(HttpContext context, HttpMethod method, VirtualMachineInstance instance, string subresource, CancellationToken ct)
    {
        using var answer = await _handler.SendAsync(method, instance, subresource, ct);
        if (!answer.IsSuccessStatusCode) throw Refusals.Of((int)answer.StatusCode, await MessageAsync(answer, ct), Instances, instance.Metadata.Name);
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await answer.Content.CopyToAsync(context.Response.Body, ct);
    }

    /// <summary>virt-handler refuses with a <c>Status</c>; its message is what the user is told.</summary>
    private static async Task<string> MessageAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        var body = await answer.Content.ReadAsByteArrayAsync(ct);
        try
        {
            using var status = JsonDocument.Parse(body);
            if (status.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("message", out var message) && message.GetString() is { Length: > 0 } text) return text;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not from virt-handler's own hand.
        }

        return $"virt-handler answered {(int)answer.StatusCode}";
    }

    private async Task<VirtualMachineInstance> FindAsync(string ns, string name, CancellationToken ct) =>
        await _api.FindAsync(KubeVirtTypes.VirtualMachineInstances, ns, name, ct) ?? throw Refusals.NotFound(Instances, name);

    private static void Require(HttpContext context, string method, string resource, string name)
    {
        if (context.Request.Method != method) throw Refusals.Of(405, $"the method {context.Request.Method} is not allowed here; use {method}", resource, name);
    }

    private static StatusException Unserved(string resource, string name, string subresource) => Refusals.Of(404, $"the subresource {resource}/{subresource} is not served yet", resource, name);

    /// <summary>Bodies are JSON or YAML, and may be missing.</summary>
    private static async Task<LifecycleOptions> ReadOptionsAsync(HttpContext context, string resource, string name, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, ct);
        if (buffer.Length == 0) return new LifecycleOptions();
        if (buffer.Length > MaxOptionBytes) throw Refusals.Of(400, $"options of more than {MaxOptionBytes} bytes", resource, name);
        try
        {
            var options = YamlToJson.Convert(buffer.ToArray());
            return JsonSerializer.Deserialize(options, LifecycleJson.Default.LifecycleOptions) ?? new LifecycleOptions();
        }
        catch (Exception e) when (e is JsonException or YamlFormatException)
        {
            throw Refusals.Of(400, $"the options cannot be read: {e.Message}", resource, name);
        }
    }

    private async Task WriteVersionAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("gitVersion", _version);
        json.WriteString("gitCommit", "");
        json.WriteString("gitTreeState", "clean");
        json.WriteString("buildDate", "");
        json.WriteString("goVersion", "");
        json.WriteString("compiler", RuntimeInformation.FrameworkDescription);
        json.WriteString("platform", $"linux/{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}");
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }
}

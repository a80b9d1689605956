using System.Collections.Immutable;
using System.Net.Mime;
using System.Text.Json;
using Dovetail.Node.Kubelet.Logs;
using Dovetail.Node.Kubelet.Streaming;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Kubelet;

/// <summary>What a kubelet answers at its port (upstream: <c>pkg/kubelet/server/server.go</c>): logs, commands, attachment, ports and lists of pods. Paths, codes and texts are upstream's.</summary>
/// <param name="pods">The pods of this node; null while they are not known.</param>
/// <param name="providers">Who carries it out, by kind of pod.</param>
/// <param name="time">The clock of logs and sessions.</param>
/// <param name="logger">Sessions that end in an unusual way.</param>
internal sealed class KubeletEndpoint(Func<IResourceCache<V1Pod>?> pods, ImmutableArray<IContainerStreams> providers, TimeProvider time, ILogger logger)
{
    public Task HandleAsync(HttpContext context, CancellationToken ct)
    {
        var path = (context.Request.Path.Value ?? "").Trim('/').Split('/');
        var (method, reads) = (context.Request.Method, HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method));
        var streams = reads || HttpMethods.IsPost(method);
        return path switch
        {
            ["healthz"] or ["healthz", "ping" or "log" or "syncloop"] when reads => HealthAsync(context, ct),
            ["pods"] when reads => ListAsync(context, _ => true, ct),
            ["runningpods"] when reads => ListAsync(context, pod => pod.Status?.Phase == "Running", ct),
            ["containerLogs", var ns, var pod, var container] when reads => LogAsync(context, ns, pod, container, ct),
            ["exec", var ns, var pod, var container] when streams => SessionAsync(context, ns, pod, "", container, ExecAsync, ct),
            ["exec", var ns, var pod, var uid, var container] when streams => SessionAsync(context, ns, pod, uid, container, ExecAsync, ct),
            ["attach", var ns, var pod, var container] when streams => SessionAsync(context, ns, pod, "", container, AttachAsync, ct),
            ["attach", var ns, var pod, var uid, var container] when streams => SessionAsync(context, ns, pod, uid, container, AttachAsync, ct),
            ["portForward", var ns, var pod] when streams => ForwardAsync(context, ns, pod, "", ct),
            ["portForward", var ns, var pod, var uid] when streams => ForwardAsync(context, ns, pod, uid, ct),
            ["healthz" or "pods" or "runningpods" or "containerLogs" or "exec" or "attach" or "portForward", ..] => RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "405: Method Not Allowed", ct),
            _ => RefuseAsync(context, StatusCodes.Status404NotFound, "404: Page Not Found", ct),
        };
    }

    private Task HealthAsync(HttpContext context, CancellationToken ct) =>
        pods() is { HasSynced: true } ? context.Response.WriteAsync("ok", ct) : RefuseAsync(context, StatusCodes.Status500InternalServerError, "[-]syncloop failed: the pods of this node are not known yet\nhealthz check failed\n", ct);

    private async Task ListAsync(HttpContext context, Func<V1Pod, bool> wanted, CancellationToken ct)
    {
        context.Response.ContentType = MediaTypeNames.Application.Json;
        using var buffer = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("kind"u8, "PodList");
            writer.WriteString("apiVersion"u8, "v1");
            writer.WriteStartObject("metadata"u8);
            writer.WriteEndObject();
            writer.WriteStartArray("items"u8);
            foreach (var pod in (pods()?.List() ?? []).Where(wanted)) JsonSerializer.Serialize(writer, pod, BuiltInTypes.Pods.Json);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), ct);
    }

    private async Task LogAsync(HttpContext context, string ns, string name, string container, CancellationToken ct)
    {
        if (LogRequest.Parse(context.Request.Query, time.GetUtcNow(), out var refusal) is not { } request)
        {
            await RefuseAsync(context, refusal.Code, refusal.Text, ct);
            return;
        }

        if (Find(ns, name, "") is not { } pod)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"pod \"{name}\" does not exist", ct);
            return;
        }

        if (pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).All(c => c.Name != container))
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"container \"{container}\" not found in pod \"{name}\"", ct);
            return;
        }

        if (NoLog(pod, container, request.Previous) is { } cause)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, cause, ct);
            return;
        }

        try
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.StartAsync(ct);
            await context.Response.Body.FlushAsync(ct);
            await Provider(pod).WriteLogAsync(pod, container, request, context.Response.Body, ct);
        }
        catch (ContainerRefusedException e)
        {
            await context.Response.WriteAsync(e.Message, ct); // the head is gone already, as at every kubelet
        }
    }

    /// <summary>Why the container has no log of that run; null when it has.</summary>
    private static string? NoLog(V1Pod pod, string container, bool previous)
    {
        var name = pod.Metadata.Name;
        var status = (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []).FirstOrDefault(s => s.Name == container);
        return status switch
        {
            null => $"container \"{container}\" in pod \"{name}\" is not available",
            _ when previous => status.LastState?.Terminated is { ContainerID.Length: > 0 } ? null : $"previous terminated container \"{container}\" in pod \"{name}\" not found",
            { State.Waiting: { } waiting } when status.LastState?.Terminated is null => $"container \"{container}\" in pod \"{name}\" is waiting to start: " + waiting.Reason switch
            {
                "ErrImagePull" => "image can't be pulled",
                "ImagePullBackOff" => "trying and failing to pull image",
                var reason => reason,
            },
            { State: null } => $"container \"{container}\" in pod \"{name}\" is waiting to start - no logs yet",
            _ => null,
        };
    }

    private async Task SessionAsync(HttpContext context, string ns, string name, string uid, string container, Func<V1Pod, string, RemoteSession, ImmutableArray<string>, Task<byte[]>> run, CancellationToken ct)
    {
        if (StreamWishes.Of(context.Request.Query) is not { } wishes)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "you must specify at least 1 of stdin, stdout, stderr", ct);
            return;
        }

        if (Find(ns, name, uid) is not { } pod)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "pod does not exist", ct);
            return;
        }

        if (pod.Spec.Containers.All(c => c.Name != container))
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"container not found (\"{container}\")", ct);
            return;
        }

        if (await RemoteSession.OpenAsync(context, wishes, time, ct) is not { } session) return;
        await using (session)
        {
            try
            {
                await session.EndAsync(await run(pod, container, session, [.. context.Request.Query["command"].Select(c => c ?? "")]));
            }
            catch (OperationCanceledException)
            {
                // The client has gone.
            }
            catch (IOException e)
            {
                logger.SessionBroke(ns, name, e.Message);
                await session.EndAsync(StreamStatus.Failed(e.Message));
            }
        }
    }

    private async Task<byte[]> ExecAsync(V1Pod pod, string container, RemoteSession session, ImmutableArray<string> command)
    {
        try
        {
            if (command is [] or ["", ..]) throw new ContainerRefusedException("exec command cannot be empty");
            return StreamStatus.Exited(await Provider(pod).RunAsync(pod, container, command, session.Io, session.Gone), command);
        }
        catch (ContainerRefusedException e)
        {
            return StreamStatus.Failed($"error executing command in container: {e.Message}");
        }
    }

    private async Task<byte[]> AttachAsync(V1Pod pod, string container, RemoteSession session, ImmutableArray<string> command)
    {
        try
        {
            await Provider(pod).AttachAsync(pod, container, session.Io, session.Gone);
            return StreamStatus.Success;
        }
        catch (ContainerRefusedException e)
        {
            return StreamStatus.Failed($"error attaching to container: {e.Message}");
        }
    }

    private async Task ForwardAsync(HttpContext context, string ns, string name, string uid, CancellationToken ct)
    {
        if (Find(ns, name, uid) is not { } pod) await RefuseAsync(context, StatusCodes.Status404NotFound, "pod does not exist", ct);
        else await new PortForwarding((port, token) => Provider(pod).ConnectAsync(pod, port, token), $"{name}_{ns}", pod.Metadata.Uid).ServeAsync(context, logger, ct);
    }

    private V1Pod? Find(string ns, string name, string uid) => pods()?.Find(ns, name) is { } pod && (uid.Length == 0 || pod.Metadata.Uid == uid) ? pod : null;

    private IContainerStreams Provider(V1Pod pod) => providers.FirstOrDefault(p => p.Serves(pod)) ?? throw new ContainerRefusedException("this node does not run pods of that kind");

    private static async Task RefuseAsync(HttpContext context, int code, string text, CancellationToken ct)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text, ct);
    }
}

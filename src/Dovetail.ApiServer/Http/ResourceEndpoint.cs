using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>The REST verbs of resources: HTTP in, <see cref="IObjectApi"/> behind, bytes out.</summary>
internal sealed class ResourceEndpoint(ObjectRegistry registry, WatchStreamer watches, Randomness randomness, TimeProvider time)
{
    internal static readonly string[] ReadableTypes = ["application/json", "application/yaml"];

    /// <param name="context">The request.</param>
    /// <param name="path">What its path names; <see cref="RequestPath.Resource"/> is not empty.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="stopping">Ends watches when the server goes.</param>
    public async Task HandleAsync(HttpContext context, RequestPath path, UserInfo user, CancellationToken stopping)
    {
        var target = new ObjectTarget
        {
            User = user,
            Group = path.Group,
            Version = path.Version,
            Resource = path.Resource,
            Subresource = path.Subresource,
            Namespace = path.Namespace,
            Name = path.Name,
        };
        var method = context.Request.Method;
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method)) await ReadAsync(context, target, stopping);
        else if (HttpMethods.IsPost(method)) await CreateAsync(context, target);
        else if (HttpMethods.IsPut(method) && path.Name.Length > 0) await UpdateAsync(context, target);
        else if (HttpMethods.IsPatch(method) && path.Name.Length > 0) await PatchAsync(context, target);
        else if (HttpMethods.IsDelete(method)) await DeleteAsync(context, target);
        else throw Refusals.MethodNotAllowed();
    }

    private async Task ReadAsync(HttpContext context, ObjectTarget target, CancellationToken stopping)
    {
        var query = context.Request.Query;
        var negotiated = Negotiate(context.Request);
        var format = ResponseFormat.Of(negotiated, query, time);
        var watch = QueryOptions.Flag(query, "watch");
        if (target.Name.Length > 0 && !watch)
        {
            var obj = await registry.GetAsync(target, QueryOptions.Text(query, "resourceVersion"), context.RequestAborted);
            Deprecation(context, target);
            await format.WriteObjectAsync(context, 200, Resource(target), target.Subresource, obj);
        }
        else if (watch)
        {
            // Upstream ends every watch after 30 to 60 minutes, so that clients spread.
            Span<byte> spread = stackalloc byte[2];
            randomness.Fill(spread);
            var options = QueryOptions.Watch(query, TimeSpan.FromSeconds(1800 + (BitConverter.ToUInt16(spread) % 1800)));
            Deprecation(context, target);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            var resource = registry.Catalog.Find(target.Group, target.Version, target.Resource) ?? throw Refusals.UnknownResource();
            await watches.StreamAsync(context, resource, target, options, format.Watch(), either.Token);
        }
        else
        {
            var listing = await registry.ListAsync(target, QueryOptions.List(query), context.RequestAborted);
            Deprecation(context, target);
            await format.WriteListAsync(context, Resource(target), listing);
        }
    }

    private async Task CreateAsync(HttpContext context, ObjectTarget target)
    {
        if (target.Name.Length > 0 && target.Subresource.Length == 0) throw Refusals.MethodNotAllowed();
        var format = ResponseFormat.Of(Negotiate(context.Request), context.Request.Query, time);
        var body = await BodyAsync(context.Request, target);
        WriteOptionsRules.Require(context.Request.Query, "CreateOptions");
        var result = await registry.CreateAsync(target, body, QueryOptions.Write(context.Request), context.RequestAborted);
        await RespondAsync(context, format, target, result);
    }

    private async Task UpdateAsync(HttpContext context, ObjectTarget target)
    {
        var format = ResponseFormat.Of(Negotiate(context.Request), context.Request.Query, time);
        var body = await BodyAsync(context.Request, target);
        WriteOptionsRules.Require(context.Request.Query, "UpdateOptions");
        var result = await registry.UpdateAsync(target, body, QueryOptions.Write(context.Request), context.RequestAborted);
        await RespondAsync(context, format, target, result);
    }

    private async Task PatchAsync(HttpContext context, ObjectTarget target)
    {
        var format = ResponseFormat.Of(Negotiate(context.Request), context.Request.Query, time);
        PatchType type;
        switch (MediaType.Bare(context.Request.ContentType))
        {
            case "application/json-patch+json":
                type = PatchType.Json;
                break;
            case "application/merge-patch+json":
                type = PatchType.Merge;
                break;
            case "application/strategic-merge-patch+json":
                type = PatchType.StrategicMerge;
                break;
            case "application/apply-patch+yaml":
                type = PatchType.ApplyYaml;
                break;
            default:
                throw UnsupportedMediaType(Resource(target).Custom ? Machinery.Patch.Patches.CustomResourceMediaTypes : Machinery.Patch.Patches.BuiltInMediaTypes);
        }

        WriteOptionsRules.RequirePatch(context.Request.Query, type == PatchType.ApplyYaml);
        var options = QueryOptions.Write(context.Request);
        var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        if (type == PatchType.ApplyYaml)
        {
            List<string> findings = [];
            body = RequestBody.ToJson(body, "application/yaml", findings);
            if (findings.Count > 0) options = options with { Findings = [.. findings] };
        }

        var result = await registry.PatchAsync(target, type, body, options, context.RequestAborted);
        await RespondAsync(context, format, target, result);
    }

    private async Task DeleteAsync(HttpContext context, ObjectTarget target)
    {
        var negotiated = Negotiate(context.Request);
        var options = await DeleteOptionsReader.ReadAsync(context.Request, context.RequestAborted);
        if (target.Name.Length == 0)
        {
            // A collection is deleted namespace by namespace.
            if (target.Namespace.Length == 0 && Resource(target).Namespaced) throw Refusals.MethodNotAllowed();
            var listing = await registry.DeleteCollectionAsync(target, QueryOptions.List(context.Request.Query), options, context.RequestAborted);
            Deprecation(context, target);
            await ResponseFormat.Of(negotiated, context.Request.Query, time).WriteListAsync(context, Resource(target), listing);
            return;
        }

        var result = await registry.DeleteAsync(target, options, context.RequestAborted);
        Warn(context, result.Warnings);
        Deprecation(context, target);
        if (!result.Removed || Resource(target) is { BuiltIn.AnswersDeleted: true })
        {
            await ResponseFormat.Of(negotiated, context.Request.Query, time).WriteObjectAsync(context, 200, Resource(target), "", result.Object);
            return;
        }

        var uid = StoredJson.Text(result.Object.Json.Span, ["metadata", "uid"]);
        await ResponseWriter.WriteJsonAsync(context, 200, StatusJson.Deleted(target.Group, target.Resource, target.Name, uid));
    }

    private async Task RespondAsync(HttpContext context, ResponseFormat format, ObjectTarget target, WriteResult result)
    {
        Warn(context, result.Warnings);
        await format.WriteObjectAsync(context, result.Created ? 201 : 200, Resource(target), target.Subresource, result.Object);
    }

    private async Task<ReadOnlyMemory<byte>> BodyAsync(HttpRequest request, ObjectTarget target)
    {
        var type = MediaType.Bare(request.ContentType);
        // Custom resources have no protobuf; their clients hear so and send JSON.
        var binary = type == MediaType.Protobuf && !Resource(target).Custom;
        if (!binary && type is not ("" or "application/json" or "application/yaml")) throw UnsupportedMediaType(ReadableTypes);
        var body = await RequestBody.ReadAsync(request, request.HttpContext.RequestAborted);
        return RequestBody.ToJson(body, type);
    }

    private ServedResource Resource(ObjectTarget target) => registry.Catalog.Find(target.Group, target.Version, target.Resource) ?? throw Refusals.UnknownResource();

    private void Deprecation(HttpContext context, ObjectTarget target)
    {
        if (registry.Catalog.Find(target.Group, target.Version, target.Resource) is { DeprecationWarning: { Length: > 0 } warning }) Warn(context, [warning]);
    }

    /// <summary>RFC 7234 warnings, as client-go reads them.</summary>
    private static void Warn(HttpContext context, IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
        {
            var text = warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            context.Response.Headers.Append("Warning", $"299 - \"{string.Concat(text.Select(c => c is < ' ' or > '~' ? '?' : c))}\"");
        }
    }

    private static Negotiated Negotiate(HttpRequest request) => MediaType.Negotiate(request) ?? throw Refusals.NotAcceptable(ReadableTypes);

    private static StatusException UnsupportedMediaType(IEnumerable<string> accepted) => new(new ApiStatus
    {
        Code = 415,
        Reason = "UnsupportedMediaType",
        Message = $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)}",
    });
}

using Dovetail.ApiServer.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Selectors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>The REST verbs of resources: HTTP in, <see cref="IObjectApi"/> behind, bytes out.</summary>
internal sealed class ResourceEndpoint(ObjectRegistry registry, WatchStreamer watches, ConnectEndpoint connections, Randomness randomness, TimeProvider time)
{
    /// <param name="context">The request.</param>
    /// <param name="path">What its path names; <see cref="RequestPath.Resource"/> is not empty.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="stopping">Ends watches when the server goes.</param>
    public Task HandleAsync(HttpContext context, RequestPath path, UserInfo user, CancellationToken stopping)
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
        if (RequestKinds.IsConnect(path) && registry.Catalog.Find(path.Group, path.Version, path.Resource) is { Custom: false }) return connections.HandleAsync(context, target, stopping);
        if (HttpMethods.IsGet(method)) return RequestKinds.IsWatch(context.Request, path) ? WatchAsync(context, target, stopping) : ReadAsync(context, target);
        if (HttpMethods.IsPost(method)) return CreateAsync(context, target);
        if (HttpMethods.IsPut(method) && path.Name.Length > 0) return UpdateAsync(context, target);
        if (HttpMethods.IsPatch(method) && path.Name.Length > 0) return PatchAsync(context, target);
        if (HttpMethods.IsDelete(method)) return DeleteAsync(context, target);
        throw registry.Catalog.Find(path.Group, path.Version, path.Resource) is null ? Refusals.UnknownResource() : Refusals.MethodNotAllowed();
    }

    private async Task ReadAsync(HttpContext context, ObjectTarget target)
    {
        var query = context.Request.Query;
        var asOf = QueryOptions.Text(query, "asOf");
        if (QueryOptions.Flag(query, "history"))
        {
            if (target.Name.Length == 0) throw Refusals.BadRequest("history is of one object: name it in the path");
            if (asOf.Length > 0) throw Refusals.BadRequest("asOf is not allowed together with history, which has every state");
            var states = await registry.StatesAsync(target, QueryOptions.Number(query, "limit") ?? 0, context.RequestAborted);
            await ResponseWriter.WriteJsonAsync(context, 200, HistoryJson.Of(states));
            return;
        }

        RequestDeadline.RequireReadable(context.Request);
        var format = Format(context, target, streams: target.Name.Length == 0);
        if (target.Name.Length > 0)
        {
            var obj = asOf.Length > 0
                ? await registry.GetAsOfAsync(target, asOf, context.RequestAborted)
                : await registry.GetAsync(target, QueryOptions.Text(query, "resourceVersion"), context.RequestAborted);
            Deprecation(context, target);
            await format.WriteObjectAsync(context, 200, Resource(target), target.Subresource, obj);
            return;
        }

        var listing = await registry.ListAsync(Named(target, query), QueryOptions.List(query), context.RequestAborted);
        Deprecation(context, target);
        await format.WriteListAsync(context, Resource(target), listing);
    }

    private Task WatchAsync(HttpContext context, ObjectTarget target, CancellationToken stopping)
    {
        var query = context.Request.Query;
        if (QueryOptions.Text(query, "asOf").Length > 0) throw Refusals.BadRequest("asOf is for gets and lists; a watch starts at a resourceVersion");
        var format = Format(context, target, streams: true).Watch();
        // Upstream ends every watch after 30 to 60 minutes, so that clients spread.
        Span<byte> spread = stackalloc byte[2];
        randomness.Fill(spread);
        var options = QueryOptions.Watch(query, TimeSpan.FromSeconds(1800 + (BitConverter.ToUInt16(spread) % 1800)));
        Deprecation(context, target);
        var watched = Named(target, query);
        context.Request.Query = QueryCollection.Empty; // it has been read, and the watch is long
        return watches.StreamAsync(context, Resource(target), watched, options, format, stopping);
    }

    private async Task CreateAsync(HttpContext context, ObjectTarget target)
    {
        if (target.Name.Length > 0 && target.Subresource.Length == 0) throw Refusals.MethodNotAllowed();
        // Upstream has no route for it.
        if (target.Namespace.Length == 0 && Resource(target) is { Namespaced: true, Custom: false }) throw Refusals.MethodNotAllowed();
        var format = Format(context, target);
        using var deadline = RequestDeadline.Of(context, time);
        var body = await BodyAsync(context.Request, target, deadline.Token);
        WriteOptionsRules.Require(context.Request.Query, "CreateOptions");
        var options = QueryOptions.Write(context.Request);
        await RespondAsync(context, format, target, await deadline.KeepAsync(registry.CreateAsync(target, body, options, deadline.Token)));
    }

    private async Task UpdateAsync(HttpContext context, ObjectTarget target)
    {
        var format = Format(context, target);
        using var deadline = RequestDeadline.Of(context, time);
        var body = await BodyAsync(context.Request, target, deadline.Token);
        WriteOptionsRules.Require(context.Request.Query, "UpdateOptions");
        var options = QueryOptions.Write(context.Request);
        await RespondAsync(context, format, target, await deadline.KeepAsync(registry.UpdateAsync(target, body, options, deadline.Token)));
    }

    private async Task PatchAsync(HttpContext context, ObjectTarget target)
    {
        var type = PatchTypeOf(context.Request, Resource(target));
        var format = Format(context, target);
        using var deadline = RequestDeadline.Of(context, time);
        var body = await RequestBody.ReadAsync(context.Request, deadline.Token);
        WriteOptionsRules.RequirePatch(context.Request.Query, type == PatchType.ApplyYaml);
        var options = QueryOptions.Write(context.Request);
        if (type == PatchType.ApplyYaml)
        {
            List<string> findings = [];
            body = RequestBody.ToJson(body, MediaType.Yaml, findings);
            if (findings.Count > 0) options = options with { Findings = [.. findings] };
        }

        await RespondAsync(context, format, target, await deadline.KeepAsync(registry.PatchAsync(target, type, body, options, deadline.Token)));
    }

    private async Task DeleteAsync(HttpContext context, ObjectTarget target)
    {
        var format = Format(context, target);
        using var deadline = RequestDeadline.Of(context, time);
        if (target.Name.Length == 0)
        {
            // A collection is deleted namespace by namespace.
            if (target.Namespace.Length == 0 && Resource(target).Namespaced) throw Refusals.MethodNotAllowed();
            var selection = QueryOptions.List(context.Request.Query);
            var (each, _) = await DeleteOptionsReader.ReadAsync(context.Request, deadline.Token);
            // However many they are: a collection has no deadline, as a list has none.
            var listing = await registry.DeleteCollectionAsync(target, selection, each, context.RequestAborted);
            Deprecation(context, target);
            await format.WriteListAsync(context, Resource(target), listing);
            return;
        }

        var (options, cascades) = await DeleteOptionsReader.ReadAsync(context.Request, deadline.Token);
        var result = await deadline.KeepAsync(registry.DeleteAsync(target, options, deadline.Token));
        WarningHeaders.Add(context.Response, result.Warnings);
        Deprecation(context, target);
        var resource = Resource(target);
        if (!result.Removed || resource is { BuiltIn.AnswersDeleted: true })
        {
            await format.WriteObjectAsync(context, !result.Removed && cascades ? 202 : 200, resource, "", result.Object);
            return;
        }

        var uid = StoredJson.Text(result.Object.Json.Span, ["metadata", "uid"]);
        await format.WriteAsync(context, 200, StatusJson.Deleted(target.Group, target.Resource, target.Name, uid));
    }

    private async Task RespondAsync(HttpContext context, ResponseFormat format, ObjectTarget target, WriteResult result)
    {
        WarningHeaders.Add(context.Response, result.Warnings);
        await format.WriteObjectAsync(context, result.Created ? 201 : 200, Resource(target), target.Subresource, result.Object);
    }

    private async Task<ReadOnlyMemory<byte>> BodyAsync(HttpRequest request, ObjectTarget target, CancellationToken ct)
    {
        var type = MediaType.Bare(request.ContentType);
        // Custom resources have no protobuf; their clients hear so and send JSON.
        var custom = Resource(target).Custom;
        if (type is not ("" or MediaType.Json or MediaType.Yaml) && (custom || type != MediaType.Protobuf))
            throw MediaType.Unsupported($"the body of the request was in an unknown format - accepted media types include: {(custom ? $"{MediaType.Json}, {MediaType.Yaml}" : MediaType.All)}");
        return RequestBody.ToJson(await RequestBody.ReadAsync(request, ct), type);
    }

    private static PatchType PatchTypeOf(HttpRequest request, ServedResource resource) => MediaType.Bare(request.ContentType) switch
    {
        Patches.JsonMediaType => PatchType.Json,
        Patches.MergeMediaType => PatchType.Merge,
        Patches.StrategicMergeMediaType => PatchType.StrategicMerge,
        Patches.ApplyYamlMediaType => PatchType.ApplyYaml,
        // Upstream's router knows what built-in kinds take, before anybody looks at the request.
        _ when !resource.Custom => throw MediaType.Unsupported("415: Unsupported Media Type", generic: true),
        _ => throw MediaType.Unsupported($"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", Patches.CustomResourceMediaTypes)}"),
    };

    /// <summary>A selector for one name asks for that object: rights by name count, and nothing else is looked at.</summary>
    private static ObjectTarget Named(ObjectTarget target, IQueryCollection query)
    {
        var selector = QueryOptions.Text(query, "fieldSelector");
        if (!selector.Contains("metadata.name", StringComparison.Ordinal)) return target;
        string? name;
        try
        {
            name = FieldSelector.Parse(selector).Requirements.FirstOrDefault(r => r is { Field: "metadata.name", Negated: false })?.Value;
        }
        catch (FormatException)
        {
            // The registry says what is wrong with it.
            return target;
        }

        if (target.Name.Length > 0 && target.Name != name) throw Refusals.BadRequest("fieldSelector metadata.name doesn't match requested name");
        return string.IsNullOrEmpty(name) || name.Contains('/', StringComparison.Ordinal) ? target : target with { Name = name };
    }

    private ResponseFormat Format(HttpContext context, ObjectTarget target, bool streams = false) =>
        ResponseFormat.Of(context.Request, registry.Catalog.Find(target.Group, target.Version, target.Resource), time, streams);

    private ServedResource Resource(ObjectTarget target) => registry.Catalog.Find(target.Group, target.Version, target.Resource) ?? throw Refusals.UnknownResource();

    private void Deprecation(HttpContext context, ObjectTarget target)
    {
        if (registry.Catalog.Find(target.Group, target.Version, target.Resource) is { DeprecationWarning: { Length: > 0 } warning }) WarningHeaders.Add(context.Response, [warning]);
    }
}

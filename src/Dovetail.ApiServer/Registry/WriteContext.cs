using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Schemas;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>One write on its way through the registry.</summary>
internal sealed class WriteContext(ServedResource resource, ObjectTarget target, WriteOptions options)
{
    public ServedResource Resource { get; } = resource;

    public ObjectTarget Target { get; } = target;

    public WriteOptions Options { get; } = options;

    /// <summary>What the client is told in Warning headers, each once.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>What a patch made of the object, for the messages that quote it; null for other writes.</summary>
    public Func<string>? Patched { get; set; }

    /// <summary>What must still be as it was seen when the object is created: its namespace, its definition.</summary>
    public List<StoreGuard> Guards { get; } = [];

    /// <summary>Whether the write is a strategic merge patch, whose outcome upstream converts without JSON, with errors of its own (<see cref="GoConversion"/>).</summary>
    public bool Strategic { get; set; }

    /// <summary>The kind of the body: the resource's, but for subresources that speak another one.</summary>
    public GroupVersionKind BodyKind { get; set; } = new(resource.Group, resource.Version, resource.Kind);

    /// <summary>How upstream names a body that it cannot take: <c>Pod in version "v1" cannot be handled as a Pod: …</c></summary>
    public string DecodePrefix => $"{BodyKind.Kind} in version \"{BodyKind.Version}\" cannot be handled as a {BodyKind.Kind}: ";
}

/// <summary>The desired next state of an object. Null <see cref="Old"/>: it is created.</summary>
internal sealed record Draft(JsonObject Object, JsonObject? Old);

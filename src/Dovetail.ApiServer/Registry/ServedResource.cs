using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;
using Dovetail.Machinery.Tables;

namespace Dovetail.ApiServer.Registry;

/// <summary>A subresource as it is served: its verbs, and the kind that it speaks when that is another than its resource's (scale, binding, eviction).</summary>
public sealed record ServedSubresource(string Name, string Kind, string Group, string Version, ImmutableArray<string> Verbs)
{
    /// <summary>Whether the request goes through to what the object stands for; the registry has no answer to it.</summary>
    public bool Connects { get; init; }

    /// <summary>Whether it reads and writes the object itself.</summary>
    public bool IsObjectOf(ServedResource resource) => !Connects && Kind == resource.Kind && Group.Length == 0;
}

/// <summary>Where a custom resource keeps what its scale subresource shows: JSON paths in CRD form (<c>.spec.replicas</c>).</summary>
public sealed record ScalePaths(string SpecReplicas, string StatusReplicas, string LabelSelector)
{
    /// <summary>What is at such a path; null when nothing is.</summary>
    public static JsonNode? At(JsonObject obj, string path)
    {
        JsonNode? node = obj;
        foreach (var step in Steps(path)) node = (node as JsonObject)?[step];
        return node;
    }

    /// <summary>Puts a value there, and objects around it where there are none.</summary>
    public static void Set(JsonObject obj, string path, JsonNode value)
    {
        var steps = Steps(path);
        foreach (var step in steps[..^1])
        {
            if (obj[step] is not JsonObject child) obj[step] = child = [];
            obj = child;
        }

        obj[steps[^1]] = value;
    }

    internal static string[] Steps(string path) => path.TrimStart('.').Split('.');
}

/// <summary>One resource in one served version: everything that a request needs to know about it. Immutable; a changed CRD makes a new one.</summary>
public sealed record ServedResource
{
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string ListKind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public required bool Namespaced { get; init; }

    public ImmutableArray<string> ShortNames { get; init; } = [];

    public ImmutableArray<string> Categories { get; init; } = [];

    public required FrozenSet<string> Verbs { get; init; }

    public FrozenDictionary<string, ServedSubresource> Subresources { get; init; } = FrozenDictionary<string, ServedSubresource>.Empty;

    public required Schema Schema { get; init; }

    /// <summary>Changes whenever the schema's defaults or pruning may have; stored with every object.</summary>
    public required long SchemaGeneration { get; init; }

    /// <summary>The version whose apiVersion stored bytes carry.</summary>
    public required string StorageVersion { get; init; }

    /// <summary>Whether metadata.generation counts changes of the desired state.</summary>
    public bool CountsGenerations { get; init; }

    /// <summary>Nothing is kept of it: its creation is a question that the server answers (reviews).</summary>
    public bool Virtual { get; init; }

    /// <summary>Warned about with every request; "" when the version is not deprecated.</summary>
    public string DeprecationWarning { get; init; } = "";

    public ScalePaths? Scale { get; init; }

    /// <summary>What <c>kubectl get</c> shows.</summary>
    public required TableDefinition Table { get; init; }

    /// <summary>Paths beyond metadata.name and metadata.namespace that field selectors may use (<c>.spec.nodeName</c>), keyed as they are written in a selector.</summary>
    public FrozenSet<string> SelectableFields { get; init; } = FrozenSet<string>.Empty;

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string StorageApiVersion => BuiltIn is { StoredApiVersion: { Length: > 0 } other } ? other : Group.Length == 0 ? StorageVersion : $"{Group}/{StorageVersion}";

    /// <summary>The resource's name in the store: every served version shares it.</summary>
    public required string StoreName { get; init; }

    /// <summary>The row of the built-in table; null for custom resources.</summary>
    public BuiltInResource? BuiltIn { get; init; }

    public bool Custom => BuiltIn is null;

    /// <summary>Whether this version's fields differ from those that are stored (<see cref="VersionConversion"/>).</summary>
    public bool Converts { get; init; }

    /// <summary>How this version's bytes begin (see <see cref="ObjectRenderer"/>).</summary>
    public byte[] Head { get; private init; } = [];

    /// <summary>How stored bytes begin.</summary>
    public byte[] StorageHead { get; private init; } = [];

    public bool HasStatus => Subresources.ContainsKey("status");

    /// <summary>The same resource with what is derived from the rest filled in; every catalog entry went through it.</summary>
    internal ServedResource Sealed() => this with
    {
        Head = ObjectRenderer.Head(Kind, ApiVersion),
        StorageHead = ObjectRenderer.Head(Kind, StorageApiVersion),
    };
}

using System.Collections.Immutable;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>A subresource as discovery lists it. Its kind may belong to another group (<c>autoscaling/v1 Scale</c>); "" means the group and version of its resource.</summary>
public sealed record BuiltInSubresource(string Name, string Kind, ImmutableArray<string> Verbs)
{
    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>Whether the request goes through to what the object stands for (log, exec, proxy, …) instead of reading or writing an object.</summary>
    public bool Connects { get; init; }
}

/// <summary>One of Kubernetes' own resources as this server serves it: its names, its scope, what can be done with it, and its schema.</summary>
public sealed record BuiltInResource
{
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public ImmutableArray<string> ShortNames { get; init; } = [];

    public ImmutableArray<string> Categories { get; init; } = [];

    public required bool Namespaced { get; init; }

    /// <summary>In discovery's order.</summary>
    public ImmutableArray<string> Verbs { get; init; } = BuiltInResources.AllVerbs;

    public ImmutableArray<BuiltInSubresource> Subresources { get; init; } = [];

    /// <summary>The name of the schema in OpenAPI: <c>io.k8s.api.core.v1.Pod</c>.</summary>
    public required string DefinitionName { get; init; }

    /// <summary>Where objects are stored: <c>plural</c> for core, <c>plural.group</c> otherwise. events.k8s.io and core events share <c>events</c>.</summary>
    public required string StorageName { get; init; }

    /// <summary>The version in which objects are stored; "" is <see cref="Version"/>. </summary>
    public string StorageVersion { get; init; } = "";

    /// <summary>Told to clients with every request; "" when the resource is not deprecated.</summary>
    public string Deprecation { get; init; } = "";

    /// <summary>The apiVersion of what is stored where it is of another group; "" is the resource's own group in <see cref="StorageVersion"/>.</summary>
    public string StoredApiVersion { get; init; } = "";

    /// <summary>Whether something in the platform acts on the kind. A write to a kind that nothing enforces yet is answered with <see cref="Warning"/>.</summary>
    public bool Enforced { get; init; }

    /// <summary>Whether spec and status are written apart: a write to the object leaves status alone, and metadata.generation counts changes outside of status.</summary>
    public bool HasStatusSubresource => Subresources.Any(static s => s.Name == "status");

    /// <summary>Whether a PUT must name the resourceVersion that it replaces.</summary>
    public bool NeedsRevision { get; init; }

    /// <summary>Whether the answer of a deletion is the object as it was, rather than a Status.</summary>
    public bool AnswersDeleted { get; init; }

    /// <summary>What names of the kind must look like.</summary>
    public NameRule NameRule { get; init; } = NameRule.DnsSubdomain;

    /// <summary>Whether a change of spec moves <c>metadata.generation</c>.</summary>
    public bool TracksGeneration { get; init; }

    /// <summary>"v1" or "group/version".</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The warning of a write when <see cref="Enforced"/> is false.</summary>
    public string Warning => $"{Plural}{(Group.Length == 0 ? "" : "." + Group)} are stored and served, but nothing in this release of Dovetail acts on them";

    public Schema Schema => BuiltInSchemas.Get(DefinitionName);
}

using System.Collections.Immutable;
using System.Text.Json;
using Dovetail.Api.Json;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Api;

/// <summary>A column of <c>kubectl get</c>; those with a priority above 0 show with <c>-o wide</c> only.</summary>
public sealed record PrinterColumn(string Name, string Type, string JsonPath, int Priority = 0)
{
    public static readonly PrinterColumn Age = new("Age", "date", ".metadata.creationTimestamp");

    public static PrinterColumn Condition(string type, int priority = 0) =>
        new(type, "string", $".status.conditions[?(@.type=='{type}')].status", priority);
}

/// <summary>How a kind of ours is served: its names, versions and the extras of its CustomResourceDefinition.</summary>
public sealed record ApiType(string Group, string Kind, string Plural)
{
    public string Singular => Kind.ToLowerInvariant();

    public string CrdName => $"{Plural}.{Group}";

    /// <summary>Served versions; the first is stored. They differ in name only (conversion None).</summary>
    public ImmutableArray<string> Versions { get; init; } = [ApiVersions.V1];

    /// <summary>Those of <see cref="Versions"/> that answer with a deprecation warning.</summary>
    public ImmutableArray<string> DeprecatedVersions { get; init; } = [];

    public ImmutableArray<string> ShortNames { get; init; } = [];

    public ImmutableArray<string> Categories { get; init; } = [];

    public bool Namespaced { get; init; } = true;

    /// <summary>Status is written through its own endpoint and ignored by the main one.</summary>
    public bool StatusSubresource { get; init; }

    public ImmutableArray<PrinterColumn> Columns { get; init; } = [];
}

/// <summary>The kinds that Dovetail serves as custom resources.</summary>
public static class ApiTypes
{
    /// <summary>JSON of all wire types as Kubernetes does it.</summary>
    public static readonly JsonSerializerOptions JsonOptions = KubeJson.OptionsFor(ApiJson.Default);

    public static readonly ApiType VirtualMachines = new(ApiVersions.Group, nameof(VirtualMachine), "virtualmachines")
    {
        Versions = [ApiVersions.V1, ApiVersions.V1Alpha3],
        DeprecatedVersions = [ApiVersions.V1Alpha3],
        ShortNames = ["vm", "vms"],
        Categories = ["all"],
        StatusSubresource = true,
        Columns = [PrinterColumn.Age, new("Status", "string", ".status.printableStatus"), PrinterColumn.Condition(ConditionTypes.Ready)],
    };

    /// <summary>Has no status subresource: virt-controller and virt-handler write spec, metadata and status in one request, admission keeps others off the status.</summary>
    public static readonly ApiType VirtualMachineInstances = new(ApiVersions.Group, nameof(VirtualMachineInstance), "virtualmachineinstances")
    {
        Versions = [ApiVersions.V1, ApiVersions.V1Alpha3],
        DeprecatedVersions = [ApiVersions.V1Alpha3],
        ShortNames = ["vmi", "vmis"],
        Categories = ["all"],
        Columns =
        [
            PrinterColumn.Age,
            new("Phase", "string", ".status.phase"),
            new("IP", "string", ".status.interfaces[0].ipAddress"),
            new("NodeName", "string", ".status.nodeName"),
            PrinterColumn.Condition(ConditionTypes.Ready),
            PrinterColumn.Condition(ConditionTypes.LiveMigratable, priority: 1) with { Name = "Live-Migratable" },
            PrinterColumn.Condition(ConditionTypes.Paused, priority: 1),
        ],
    };

    public static readonly ImmutableArray<ApiType> All = [VirtualMachines, VirtualMachineInstances];
}

using System.Collections.Immutable;

namespace Dovetail.Workloads.Components;

public enum ComponentKind
{
    Deployment,
    DaemonSet,
}

/// <summary>How many instances of a component should be there and how many answer their health check.</summary>
public readonly record struct ComponentCounts(int Desired, int Ready)
{
    public static ComponentCounts One(bool healthy) => new(1, healthy ? 1 : 0);
}

/// <summary>
/// A part of the platform that users see as a Deployment or DaemonSet, though it runs inside our processes. <see cref="CheckAsync"/> asks the living part;
/// an exception or an answer that takes longer than two seconds counts as nobody ready.
/// </summary>
public sealed record Component
{
    public required string Name { get; init; }

    public required string Namespace { get; init; }

    public required ComponentKind Kind { get; init; }

    /// <summary>The selector and the pod template's labels, e.g. <c>kubevirt.io=virt-api</c>.</summary>
    public required ImmutableDictionary<string, string> Labels { get; init; }

    /// <summary>Shown as the container's image, e.g. <c>dovetail:0.1.0</c>.</summary>
    public required string Image { get; init; }

    public required Func<CancellationToken, Task<ComponentCounts>> CheckAsync { get; init; }

    /// <summary>A component of KubeVirt in <c>openshift-cnv</c>, labelled as KubeVirt labels it.</summary>
    public static Component OfKubeVirt(string name, ComponentKind kind, string image, Func<CancellationToken, Task<ComponentCounts>> check) => new()
    {
        Name = name,
        Namespace = PlatformNamespaces.Home,
        Kind = kind,
        Labels = ImmutableDictionary<string, string>.Empty.Add("kubevirt.io", name),
        Image = image,
        CheckAsync = check,
    };

    /// <summary>The platform's registry, shown as <c>image-registry</c>.</summary>
    public static Component Registry(string image, Func<CancellationToken, Task<ComponentCounts>> check) => new()
    {
        Name = "image-registry",
        Namespace = "openshift-image-registry",
        Kind = ComponentKind.Deployment,
        Labels = ImmutableDictionary<string, string>.Empty.Add("docker-registry", "default"),
        Image = image,
        CheckAsync = check,
    };
}

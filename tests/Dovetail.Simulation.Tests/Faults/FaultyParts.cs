using Dovetail.Machinery.Endpoints;

namespace Dovetail.Simulation.Tests.Faults;

/// <summary>Parts that a test breaks on purpose, to see that the simulation notices.</summary>
internal sealed record FaultyParts
{
    /// <summary>All parts as they are.</summary>
    public static FaultyParts None { get; } = new();

    /// <summary>The node agent reports a pod gone before its guest is.</summary>
    public bool PodGoneBeforeGuest { get; init; }

    /// <summary>Something between a component (virt-controller, workloads, node, user) and its API.</summary>
    public Func<string, IObjectApi, Random, TimeProvider, IObjectApi> Between { get; init; } = static (_, api, _, _) => api;
}

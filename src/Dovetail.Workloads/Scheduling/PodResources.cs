using System.Collections.Immutable;
using k8s.Models;

namespace Dovetail.Workloads.Scheduling;

/// <summary>Amounts by resource name: cpu in cores, memory in bytes, <c>pods</c> and extended resources in pieces.</summary>
public static class PodResources
{
    public const string Pods = "pods";

    /// <summary>What a pod needs of a node: per resource the larger of the sum over containers and sidecars and the largest moment of initialisation,
    /// plus overhead, plus one pod (KEP-753).</summary>
    public static ImmutableDictionary<string, decimal> RequestsOf(V1PodSpec spec)
    {
        var running = new Dictionary<string, decimal>();
        var starting = new Dictionary<string, decimal>();
        var sidecars = new Dictionary<string, decimal>();
        foreach (var init in spec.InitContainers ?? [])
        {
            var needs = RequestsOf(init.Resources);
            if (init.RestartPolicy == "Always") AddTo(sidecars, needs);
            foreach (var (name, amount) in needs)
                starting[name] = Math.Max(starting.GetValueOrDefault(name), init.RestartPolicy == "Always" ? sidecars[name] : amount + sidecars.GetValueOrDefault(name));
        }

        foreach (var container in spec.Containers ?? []) AddTo(running, RequestsOf(container.Resources));
        AddTo(running, sidecars);
        var total = ImmutableDictionary.CreateBuilder<string, decimal>(StringComparer.Ordinal);
        foreach (var name in running.Keys.Union(starting.Keys)) total[name] = Math.Max(running.GetValueOrDefault(name), starting.GetValueOrDefault(name));
        foreach (var (name, quantity) in spec.Overhead ?? ImmutableDictionary<string, ResourceQuantity>.Empty)
            total[name] = total.GetValueOrDefault(name) + quantity.ToDecimal();
        total[Pods] = 1;
        return total.ToImmutable();
    }

    /// <summary>A node's allocatable resources; capacity where the node does not tell allocatable.</summary>
    public static ImmutableDictionary<string, decimal> AllocatableOf(V1Node node) =>
        (node.Status?.Allocatable ?? node.Status?.Capacity)?.ToImmutableDictionary(entry => entry.Key, entry => entry.Value.ToDecimal(), StringComparer.Ordinal)
        ?? ImmutableDictionary<string, decimal>.Empty;

    private static Dictionary<string, decimal> RequestsOf(V1ResourceRequirements? resources)
    {
        // A limit without a request is the request.
        var amounts = new Dictionary<string, decimal>();
        foreach (var (name, limit) in resources?.Limits ?? ImmutableDictionary<string, ResourceQuantity>.Empty) amounts[name] = limit.ToDecimal();
        foreach (var (name, request) in resources?.Requests ?? ImmutableDictionary<string, ResourceQuantity>.Empty) amounts[name] = request.ToDecimal();
        return amounts;
    }

    private static void AddTo(Dictionary<string, decimal> sum, IReadOnlyDictionary<string, decimal> more)
    {
        foreach (var (name, amount) in more) sum[name] = sum.GetValueOrDefault(name) + amount;
    }
}

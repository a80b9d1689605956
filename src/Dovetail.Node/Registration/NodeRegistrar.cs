using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Node.Registration;

/// <summary>Keeps the Node object and its Lease: the lease every ten seconds, the object when something changes and at least once a minute (KubeVirt's heartbeat).</summary>
internal sealed class NodeRegistrar(IKubeApi api, Func<NodeFacts> observe)
{
    public const string LeaseNamespace = "kube-node-lease";
    public static readonly TimeSpan LeaseInterval = TimeSpan.FromSeconds(10);
    private const int LeaseSeconds = 40;
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(60);
    private DateTimeOffset lastHeartbeat;

    /// <summary>Brings object and lease up to date. Throws <see cref="StatusException"/> or an I/O error; the caller tries again.</summary>
    public async Task SyncAsync(CancellationToken ct)
    {
        var facts = observe();
        await SyncNodeAsync(facts, ct);
        await RenewLeaseAsync(facts, ct);
    }

    private async Task SyncNodeAsync(NodeFacts facts, CancellationToken ct)
    {
        var node = await api.FindAsync(BuiltInTypes.Nodes, "", facts.Name, ct);
        if (node is null) node = await CreateAsync(facts, ct);
        else if (Metadata(node, facts) is { IsEmpty: false } patch)
            node = await api.PatchAsync(BuiltInTypes.Nodes, "", facts.Name, PatchType.Merge, patch.Build(), new WriteOptions(), "", ct);

        var wanted = BuiltInTypes.Nodes.Copy(node);
        wanted.Status = NodeObject.Status(node.Status, facts);
        if (!SameContent.Of(wanted, node, BuiltInTypes.Nodes.Json)) await api.ReplaceAsync(BuiltInTypes.Nodes, wanted, "status", ct);
    }

    private async Task<V1Node> CreateAsync(NodeFacts facts, CancellationToken ct)
    {
        lastHeartbeat = facts.Now;
        return await api.CreateAsync(BuiltInTypes.Nodes, new V1Node
        {
            ApiVersion = "v1",
            Kind = "Node",
            Metadata = new V1ObjectMeta { Name = facts.Name, Labels = NodeObject.Labels(facts), Annotations = NodeObject.Annotations(facts) },
            Spec = new V1NodeSpec { PodCIDR = Cidr(facts), PodCIDRs = Cidr(facts) is { } cidr ? [cidr] : null },
        }, ct);
    }

    /// <summary>The labels and annotations that differ. The heartbeat counts only when it is due, so that a quiet node is not written every ten seconds.</summary>
    private MergePatchBuilder Metadata(V1Node node, NodeFacts facts)
    {
        var patch = new MergePatchBuilder();
        var labels = new Dictionary<string, string>(node.Metadata.Labels ?? new Dictionary<string, string>());
        var wanted = NodeObject.Labels(facts);
        foreach (var (name, value) in wanted.Where(label => labels.GetValueOrDefault(label.Key) != label.Value)) patch.Set(["metadata", "labels", name], value);
        foreach (var gone in labels.Keys.Where(name => NodeObject.IsOwnLabel(name) && !wanted.ContainsKey(name))) patch.Remove(["metadata", "labels", gone]);

        var due = facts.Now - lastHeartbeat >= HeartbeatInterval;
        var annotations = new Dictionary<string, string>(node.Metadata.Annotations ?? new Dictionary<string, string>());
        foreach (var (name, value) in NodeObject.Annotations(facts))
        {
            if (name == NodeObject.Heartbeat ? due : annotations.GetValueOrDefault(name) != value) patch.Set(["metadata", "annotations", name], value);
        }

        if (due) lastHeartbeat = facts.Now;
        if (Cidr(facts) is { } cidr && node.Spec?.PodCIDR is null) patch.Set(["spec", "podCIDR"], cidr);
        return patch;
    }

    private async Task RenewLeaseAsync(NodeFacts facts, CancellationToken ct)
    {
        var lease = await api.FindAsync(BuiltInTypes.Leases, LeaseNamespace, facts.Name, ct);
        var spec = new V1LeaseSpec { HolderIdentity = facts.Name, LeaseDurationSeconds = LeaseSeconds, RenewTime = facts.Now.UtcDateTime };
        if (lease is null)
        {
            await api.CreateAsync(BuiltInTypes.Leases, new V1Lease { ApiVersion = "coordination.k8s.io/v1", Kind = "Lease", Metadata = new V1ObjectMeta { Name = facts.Name, NamespaceProperty = LeaseNamespace }, Spec = spec }, ct);
            return;
        }

        var renewed = BuiltInTypes.Leases.Copy(lease);
        renewed.Spec = spec;
        await api.ReplaceAsync(BuiltInTypes.Leases, renewed, "", ct);
    }

    private static string? Cidr(NodeFacts facts) => facts.PodCidr.Length > 0 ? facts.PodCidr : null;
}

using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Cli.Commands;

/// <summary>A taint that keeps new pods off a node that goes down; the next <c>up</c> takes it away. A node that its user has cordoned stays cordoned.</summary>
internal static class NodeGate
{
    private const string Taint = "node.dovetail.dev/down";
    private static readonly WriteOptions AsDovetail = new() { FieldManager = "dovetail" };

    public static Task CloseAsync(IKubeApi api, string node, CancellationToken ct) =>
        ChangeAsync(api, node, taints => taints.Any(t => t.Key == Taint) ? taints : [.. taints, new V1Taint { Key = Taint, Effect = "NoSchedule" }], ct);

    public static Task OpenAsync(IKubeApi api, string node, CancellationToken ct) => ChangeAsync(api, node, taints => [.. taints.Where(t => t.Key != Taint)], ct);

    private static async Task ChangeAsync(IKubeApi api, string name, Func<IReadOnlyList<V1Taint>, IReadOnlyList<V1Taint>> change, CancellationToken ct)
    {
        if (await api.FindAsync(BuiltInTypes.Nodes, "", name, ct) is not { } node) return;
        IReadOnlyList<V1Taint> before = [.. node.Spec?.Taints ?? []];
        var after = change(before);
        if (after.Count == before.Count) return;
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = node.Metadata.ResourceVersion },
            ["spec"] = new JsonObject
            {
                ["taints"] = new JsonArray([.. after.Select(t => new JsonObject { ["key"] = t.Key, ["value"] = t.Value, ["effect"] = t.Effect })]),
            },
        };
        await api.PatchAsync(BuiltInTypes.Nodes, "", name, PatchType.Merge, Encoding.UTF8.GetBytes(patch.ToJsonString()), AsDovetail, "", ct);
    }
}

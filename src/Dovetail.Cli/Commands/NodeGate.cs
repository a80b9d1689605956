using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
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
        while (await api.FindAsync(BuiltInTypes.Nodes, "", name, ct) is { } node)
        {
            IReadOnlyList<V1Taint> before = [.. node.Spec?.Taints ?? []];
            var after = change(before);
            if (after.Count == before.Count) return;
            try
            {
                await api.PatchAsync(BuiltInTypes.Nodes, "", name, PatchType.Merge, Patch(node, after), AsDovetail, "", ct);
                return;
            }
            catch (StatusException race) when (race.Status.Reason == "Conflict")
            {
                // A controller has written other taints meanwhile, or the node its status.
            }
        }
    }

    private static byte[] Patch(V1Node node, IReadOnlyList<V1Taint> taints)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = node.Metadata.ResourceVersion },
            ["spec"] = new JsonObject { ["taints"] = new JsonArray([.. taints.Select(Entry)]) },
        };
        return Encoding.UTF8.GetBytes(patch.ToJsonString());
    }

    private static JsonObject Entry(V1Taint taint)
    {
        var entry = new JsonObject { ["key"] = taint.Key, ["effect"] = taint.Effect };
        if (taint.Value is { } value) entry["value"] = value;
        if (taint.TimeAdded is { } added) entry["timeAdded"] = added.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return entry;
    }
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Crds;

/// <summary>The platform's own CRDs: created or brought up to date before anything else is served.</summary>
public sealed class CrdBundle
{
    private static readonly UserInfo User = UserInfo.Component("apiserver");

    private readonly ImmutableArray<(string Name, JsonObject Crd)> crds;

    /// <param name="crds">Each a CustomResourceDefinition in JSON.</param>
    public CrdBundle(IEnumerable<ReadOnlyMemory<byte>> crds)
    {
        this.crds = [.. crds.Select(json => StoredJson.Tree(json.Span)).Select(crd => (crd.Metadata().Text("name"), crd))];
        Names = [.. this.crds.Select(c => c.Name)];
    }

    public ImmutableHashSet<string> Names { get; }

    /// <summary>Run twice it writes nothing.</summary>
    public async Task EnsureAsync(IObjectApi api, CancellationToken ct)
    {
        foreach (var (name, crd) in crds)
        {
            var target = new ObjectTarget { User = User, Group = "apiextensions.k8s.io", Version = "v1", Resource = "customresourcedefinitions", Name = name };
            var options = new WriteOptions { FieldManager = "dovetail-apiserver" };
            if (await FindAsync(api, target, ct) is not { } present)
            {
                await api.CreateAsync(target with { Name = "" }, ObjectRenderer.Bytes(crd), options, ct);
                continue;
            }

            // Labels and annotations that others have put there stay.
            present["spec"] = crd["spec"]!.DeepClone();
            foreach (var map in new[] { "labels", "annotations" })
            {
                if (crd.Metadata().Child(map) is not { } ours) continue;
                var merged = present.Metadata().Child(map) ?? [];
                foreach (var (key, value) in ours) merged[key] = value?.DeepClone();
                present.Metadata()[map] = merged;
            }

            await api.UpdateAsync(target, ObjectRenderer.Bytes(present), options, ct);
        }
    }

    private static async Task<JsonObject?> FindAsync(IObjectApi api, ObjectTarget target, CancellationToken ct)
    {
        try
        {
            return StoredJson.Tree((await api.GetAsync(target, "", ct)).Json.Span);
        }
        catch (StatusException e) when (e.Status.Reason == "NotFound")
        {
            return null;
        }
    }
}

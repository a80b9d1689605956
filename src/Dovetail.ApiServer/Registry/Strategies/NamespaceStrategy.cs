using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry.Strategies;

/// <summary>Namespaces stay, Terminating, until spec.finalizers is empty: whoever empties them says so through <c>namespaces/finalize</c>.</summary>
internal sealed class NamespaceStrategy : ResourceStrategy
{
    private const string NameLabel = "kubernetes.io/metadata.name";

    public override NameRule NameRule => NameRule.DnsLabel;

    public override void PrepareForCreate(ServedResource resource, JsonObject obj)
    {
        var spec = obj.Child("spec") ?? [];
        obj["spec"] = spec;
        var finalizers = spec["finalizers"] as JsonArray ?? [];
        if (!spec.Strings("finalizers").Contains("kubernetes")) finalizers.Add((JsonNode)"kubernetes");
        spec["finalizers"] = finalizers;
        obj["status"] = new JsonObject { ["phase"] = "Active" };
        Label(obj);
    }

    public override void PrepareForUpdate(ServedResource resource, JsonObject obj, JsonObject old, string subresource)
    {
        if (subresource == "finalize")
        {
            KeepAllBut("spec", resource, obj, old);
            return;
        }

        base.PrepareForUpdate(resource, obj, old, subresource);
        obj.TakeFrom(old, "spec");
        Label(obj);
    }

    public override bool HoldsDeletion(JsonObject obj) => obj.Child("spec") is { } spec && spec.Strings("finalizers").Any();

    public override void BeginDeletion(JsonObject obj)
    {
        var status = obj.Child("status") ?? [];
        status["phase"] = "Terminating";
        obj["status"] = status;
        // Upstream deletes namespaces by a way of its own, which knows no grace.
        obj.Metadata().Remove("deletionGracePeriodSeconds");
    }

    private static void Label(JsonObject obj)
    {
        var metadata = obj.Metadata();
        if (metadata.Text("name") is not { Length: > 0 } name) return;
        var labels = metadata.Child("labels") ?? [];
        labels[NameLabel] = name;
        metadata["labels"] = labels;
    }
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Registry.Pods;

/// <summary>Binds a pod to a node: the pod that the path names (<c>pods/binding</c>), or the one that the binding is called after (<c>bindings</c>). Labels and annotations of the binding become the pod's.</summary>
internal sealed class PodBindings(ObjectWriter writer, TimeProvider time)
{
    public async ValueTask<WriteResult> BindAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct)
    {
        var binding = BodyDecoder.DecodeAs(write, json, new("", "v1", "Binding"));
        BodyDecoder.RequireIdentity(write, binding, named: write.Target.Name.Length > 0);
        if (write.Target.Name.Length == 0)
        {
            var name = binding.Metadata().Text("name");
            var warnings = write.Warnings;
            write = new(ResourceCatalog.BuiltIn.Find("", "v1", "pods")!, write.Target with { Resource = "pods", Subresource = "binding", Name = name }, write.Options);
            write.Warnings.AddRange(warnings);
        }

        if (binding.Child("target") is not { } node || node.Text("name").Length == 0 || node.Text("kind") is not ("" or "Node"))
            throw Refusals.Invalid("", "Binding", write.Target.Name, [new StatusCause("FieldValueRequired", "Required value: a Node is expected", "target.name")]);
        var result = await writer.UpdateAsync(write, (_, old) => Bound(write, binding, node.Text("name"), old), ownership, ct);
        return result with { Object = new(result.Object.Revision, Subresources.Success), Created = true };
    }

    private NextState Bound(WriteContext write, JsonObject binding, string node, JsonObject old)
    {
        Preconditions.In(binding).Require(write.Target, old);
        var pod = (JsonObject)old.DeepClone();
        var (name, spec) = (write.Target.Name, pod.Child("spec")!);
        if (pod.IsTerminating()) throw Refused($"pod {name} is being deleted, cannot be assigned to a host");
        if (spec.Text("nodeName") is { Length: > 0 } present) throw Refused($"pod {name} is already assigned to node \"{present}\"");
        if (spec["schedulingGates"] is JsonArray { Count: > 0 }) throw Refused($"pod {name} has non-empty .spec.schedulingGates");
        spec["nodeName"] = node;
        pod.Child("status")?.Remove("nominatedNodeName");
        foreach (var map in new[] { "annotations", "labels" }) Merge(pod.Metadata(), binding.Metadata(), map);
        PodConditions.Set(pod, "PodScheduled", "True", time.GetUtcNow());
        return new(pod, null, []);

        StatusException Refused(string why) => Refusals.Conflict("", "pods/binding", name, why);
    }

    private static void Merge(JsonObject metadata, JsonObject from, string map)
    {
        if (from.Child(map) is not { Count: > 0 } added) return;
        var merged = metadata.Child(map) ?? [];
        foreach (var (key, value) in added) merged[key] = value?.DeepClone();
        metadata[map] = merged;
    }
}

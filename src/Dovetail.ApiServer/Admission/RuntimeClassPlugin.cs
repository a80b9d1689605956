using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Quantities;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>A pod's RuntimeClass has to exist, and says its overhead and where it can run.</summary>
internal sealed class RuntimeClassPlugin(IRevisionStore store) : BuiltInPlugin("", "pods", AdmissionOperation.Create)
{
    private const string OtherOverhead = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        var spec = Spec(obj);
        var (found, refusal) = Find(spec);
        if (found is null) return refusal;
        if (found.Child("overhead") is { } overhead)
        {
            var podFixed = overhead.Child("podFixed") ?? [];
            if (spec.Child("overhead") is { Count: > 0 } asked && !Same(asked, podFixed)) return OtherOverhead;
            spec["overhead"] = podFixed.DeepClone();
        }

        return found.Child("scheduling") is { } scheduling ? Schedule(spec, scheduling) : null;
    }

    protected override string? Validate(JsonObject obj, AdmissionRequest request)
    {
        var spec = Spec(obj);
        var (found, refusal) = Find(spec);
        if (refusal is not null) return refusal;
        if (found?.Child("overhead") is { } overhead) return Same(spec.Child("overhead") ?? [], overhead.Child("podFixed") ?? []) ? null : OtherOverhead;
        return spec["overhead"] is null ? null : "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
    }

    private (JsonObject? Found, string? Refusal) Find(JsonObject spec)
    {
        if (spec["runtimeClassName"] is null) return (null, null);
        var name = spec.Text("runtimeClassName");
        return store.Current.Find(new ObjectKey("runtimeclasses.node.k8s.io", "", name)) is { } stored
            ? (StoredJson.Tree(stored.Bytes), null)
            : (null, $"pod rejected: RuntimeClass \"{name}\" not found");
    }

    private static bool Same(JsonObject a, JsonObject b) => a.Count == b.Count && a.All(entry =>
        b.ContainsKey(entry.Key) && Quantity.TryParse(a.Text(entry.Key), out var one) && Quantity.TryParse(b.Text(entry.Key), out var other) && one.CompareTo(other) == 0);

    private static string? Schedule(JsonObject spec, JsonObject scheduling)
    {
        var selector = spec.Child("nodeSelector") ?? [];
        foreach (var (key, _) in scheduling.Child("nodeSelector") ?? [])
        {
            var wanted = scheduling.Child("nodeSelector")!.Text(key);
            if (selector.ContainsKey(key) && selector.Text(key) != wanted)
                return $"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {wanted}; pod.spec.nodeSelector[{key}] = {selector.Text(key)}";
            selector[key] = wanted;
        }

        if (selector.Count > 0) spec["nodeSelector"] = selector;
        var all = new[] { spec, scheduling }.SelectMany(source => source["tolerations"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        var kept = new List<JsonObject>();
        for (var i = 0; i < all.Length; i++)
        {
            var one = all[i];
            if (!kept.Exists(other => Covers(other, one)) && !all.Skip(i + 1).Any(other => !JsonNode.DeepEquals(one, other) && Covers(other, one))) kept.Add(one);
        }

        if (kept.Count > 0) spec["tolerations"] = new JsonArray([.. kept.Select(toleration => toleration.DeepClone())]);
        return null;
    }

    /// <summary>Whether whatever <paramref name="one"/> tolerates is tolerated by <paramref name="wide"/> too, and as long.</summary>
    private static bool Covers(JsonObject wide, JsonObject one)
    {
        if (JsonNode.DeepEquals(wide, one)) return true;
        var exists = wide.Text("operator") == "Exists";
        if (one.Text("key") != wide.Text("key") && !(wide.Text("key").Length == 0 && exists)) return false;
        if (one.Text("effect") != wide.Text("effect") && wide.Text("effect").Length > 0) return false;
        if (wide.Text("effect") == "NoExecute" && wide.Number("tolerationSeconds") is { } limit && (one.Number("tolerationSeconds") is not { } asked || asked > limit)) return false;
        return exists || (one.Text("operator") is "" or "Equal" && one.Text("value") == wide.Text("value"));
    }
}

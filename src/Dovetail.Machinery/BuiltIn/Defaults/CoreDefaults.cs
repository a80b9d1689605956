using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Defaults;

/// <summary>Defaults of the core group's smaller kinds.</summary>
internal static class CoreDefaults
{
    public static void PersistentVolume(JsonObject volume)
    {
        volume.Made("status").Default("phase", "Pending");
        if (volume.Child("spec") is not { } spec)
            return;
        spec.Default("persistentVolumeReclaimPolicy", "Retain");
        spec.Default("volumeMode", "Filesystem");
        if (spec.Child("hostPath") is { } hostPath && hostPath["type"] is null)
            hostPath["type"] = "";
    }

    public static void PersistentVolumeClaim(JsonObject claim)
    {
        claim.Made("status").Default("phase", "Pending");
        claim.Child("spec")?.Default("volumeMode", "Filesystem");
    }

    public static void Endpoints(JsonObject endpoints)
    {
        foreach (var subset in endpoints.Objects("subsets"))
        {
            foreach (var port in subset.Objects("ports"))
                port.Default("protocol", "TCP");
        }
    }

    public static void Node(JsonObject node)
    {
        if (node.Child("status") is { } status && status["allocatable"] is null && status["capacity"] is { } capacity)
            status["allocatable"] = capacity.DeepClone();
        // One field in two forms; the older one decides.
        if (node.Child("spec") is not { } spec)
            return;
        var first = spec["podCIDRs"] is JsonArray { Count: > 0 } ranges && ranges[0] is JsonValue range && range.TryGetValue(out string? text) ? text : "";
        if (spec.Text("podCIDR") is { Length: > 0 } single && single != first)
            spec["podCIDRs"] = new JsonArray(single);
        else if (first.Length > 0)
            spec["podCIDR"] = first;
    }

    /// <summary>A container's limit defaults to its maximum, its request to its limit or else to the minimum.</summary>
    public static void LimitRange(JsonObject range)
    {
        foreach (var limit in range.Child("spec")?.Objects("limits") ?? [])
        {
            if (limit.Text("type") != "Container")
                continue;
            var (most, request) = (limit.Made("default"), limit.Made("defaultRequest"));
            FillIn(most, limit.Child("max"));
            FillIn(request, most);
            FillIn(request, limit.Child("min"));
        }
    }

    /// <summary>References to secrets are names, whatever else was said about them.</summary>
    public static void ServiceAccount(JsonObject account)
    {
        foreach (var secret in account.Objects("secrets"))
        {
            foreach (var field in (ReadOnlySpan<string>)["kind", "namespace", "uid", "apiVersion", "resourceVersion", "fieldPath"])
                secret.Remove(field);
        }
    }

    /// <summary>Fields of coordinated leader election, which is not served.</summary>
    public static void Lease(JsonObject lease)
    {
        lease.Child("spec")?.Remove("strategy");
        lease.Child("spec")?.Remove("preferredHolder");
    }

    private static void FillIn(JsonObject target, JsonObject? source)
    {
        foreach (var (name, amount) in source ?? [])
        {
            if (!target.ContainsKey(name))
                target[name] = amount?.DeepClone();
        }
    }
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>storage.k8s.io CSINode, CSIDriver and CSIStorageCapacity (<c>pkg/apis/storage/validation</c>).</summary>
internal static class CsiRules
{
    private const int MaxDriverName = 63;
    private const int MaxNodeId = 256;
    private const int LeastTokenSeconds = 600;

    public static void CheckNode(FieldScope node, JsonObject? old)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var spec = node.Part("spec");
        foreach (var driver in spec.Each("drivers"))
        {
            var id = driver.Text("nodeID");
            CheckDriverName(driver, "name");
            if (id.Length == 0)
                driver.Required("nodeID");
            if (id.Length > MaxNodeId)
                driver.Invalid("nodeID", $"must be {MaxNodeId} characters or less");
            driver.Part("allocatable").NotNegative("count");
            if (!names.Add(driver.Text("name")))
                driver.Duplicate("name", driver.Text("name"));
            CheckTopologyKeys(driver);
        }
        foreach (var before in old?.Child("spec")?.Objects("drivers") ?? [])
        {
            foreach (var driver in spec.Object.Objects("drivers").Where(d => d.Text("name") == before.Text("name")))
            {
                if (!JsonNode.DeepEquals(WithoutAllocatable(driver), WithoutAllocatable(before)))
                    spec.Invalid("drivers", GoStructs.Of(driver, "Name", "NodeID", "TopologyKeys", "Allocatable"), "field is immutable");
            }
        }
    }

    public static void CheckDriver(FieldScope driver, JsonObject? old)
    {
        var spec = driver.Part("spec");
        if (spec.Has("fsGroupPolicy"))
            spec.OneOf("fsGroupPolicy", "File", "None", "ReadWriteOnceWithFSType");
        CheckTokenRequests(spec);
        foreach (var mode in spec.Values("volumeLifecycleModes"))
        {
            if (mode is not ("Persistent" or "Ephemeral"))
                spec.NotSupported("volumeLifecycleModes", mode, "Persistent", "Ephemeral");
        }
        if (spec.Number("nodeAllocatableUpdatePeriodSeconds") < 10)
            spec.Invalid("nodeAllocatableUpdatePeriodSeconds", "must be greater than or equal to 10 seconds");
        if (spec.Has("serviceAccountTokenInSecrets") && spec.Count("tokenRequests") == 0)
            spec.Invalid("serviceAccountTokenInSecrets", "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
        if (old?.Child("spec") is not { } before)
            return;
        if (!JsonNode.DeepEquals(spec.Object["attachRequired"], before["attachRequired"]))
            spec.Invalid("attachedRequired", spec.Object["attachRequired"], "field is immutable"); // upstream spells it so
        spec.Unchanged("volumeLifecycleModes", before["volumeLifecycleModes"]);
    }

    public static void CheckCapacity(FieldScope capacity, JsonObject? old)
    {
        if (old is not null)
        {
            capacity.Unchanged("nodeTopology", old["nodeTopology"]);
            capacity.Unchanged("storageClassName", old["storageClassName"]);
            return;
        }
        capacity.Selector("nodeTopology");
        capacity.Name("storageClassName", Names.DnsSubdomain);
        if (capacity.Amount("capacity") is { Sign: < 0 } amount)
            capacity.Invalid("capacity", amount.ToString(), FieldScope.NotNegativeText);
    }

    internal static void CheckDriverName(FieldScope scope, string field)
    {
        var name = scope.Text(field);
        if (name.Length == 0)
        {
            scope.Required(field);
            return;
        }
        if (name.Length > MaxDriverName)
            scope.TooLong(field, MaxDriverName);
        scope.Name(field, static n => Names.DnsSubdomain(n.ToLowerInvariant()));
    }

    private static void CheckTopologyKeys(FieldScope driver)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in driver.Values("topologyKeys"))
        {
            if (key.Length == 0)
                driver.Required("");
            if (!seen.Add(key))
                driver.Duplicate("", key);
            foreach (var wrong in Names.QualifiedName(key))
                driver.Invalid("", key, wrong);
        }
    }

    private static void CheckTokenRequests(FieldScope spec)
    {
        var audiences = new HashSet<string>(StringComparer.Ordinal);
        foreach (var request in spec.Each("tokenRequests"))
        {
            if (!audiences.Add(request.Text("audience")))
            {
                request.Duplicate("audience", request.Text("audience"));
                continue;
            }
            if (request.Number("expirationSeconds") < LeastTokenSeconds)
                request.Invalid("expirationSeconds", "may not specify a duration less than 10 minutes");
            if (request.Number("expirationSeconds") > 1L << 32)
                request.Invalid("expirationSeconds", "may not specify a duration larger than 2^32 seconds");
        }
    }

    private static JsonObject WithoutAllocatable(JsonObject driver)
    {
        var copy = driver.DeepClone().AsObject();
        copy.Remove("allocatable");
        return copy;
    }
}

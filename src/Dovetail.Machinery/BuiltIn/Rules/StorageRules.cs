using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>storage.k8s.io (<c>pkg/apis/storage/validation</c>).</summary>
internal static class StorageRules
{
    private const int MaxParameters = 512;
    private const int MaxParametersSize = 256 * 1024;
    private const int MaxErrorMessage = 1024;
    private const int MaxDriverName = 63;
    private const int MaxNodeId = 256;

    public static void StorageClass(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        if (old is not null)
        {
            foreach (var field in (ReadOnlySpan<string>)["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"])
                causes.Unchanged(field, obj[field], old[field]);
            return;
        }
        Provisioner(obj.Text("provisioner"), "provisioner", causes);
        Parameters(obj.Child("parameters"), allowEmpty: true, causes);
        if (obj.Text("reclaimPolicy") is { Length: > 0 } policy)
            causes.OneOf("reclaimPolicy", policy, "Delete", "Retain");
        if (obj["volumeBindingMode"] is not null)
            causes.OneOf("volumeBindingMode", obj.Text("volumeBindingMode"), "Immediate", "WaitForFirstConsumer");
        AllowedTopologies(obj, causes);
    }

    public static void VolumeAttributesClass(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        foreach (var field in old is null ? [] : (ReadOnlySpan<string>)["driverName", "parameters"])
        {
            if (!JsonNode.DeepEquals(obj[field], old![field]))
                causes.Add(FieldErrors.Forbidden(field, $"updates to {field} are forbidden."));
        }
        Provisioner(obj.Text("driverName"), "driverName", causes);
        Parameters(obj.Child("parameters"), allowEmpty: false, causes);
    }

    public static void VolumeAttachment(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        var source = spec.Child("source") ?? [];
        DriverName(spec.Text("attacher"), "spec.attacher", causes);
        var volume = source["persistentVolumeName"] is null ? null : source.Text("persistentVolumeName");
        switch (volume, source.Child("inlineVolumeSpec"))
        {
            case (null, null):
                causes.Add(FieldErrors.Required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
                break;
            case (not null, not null):
                causes.Add(FieldErrors.Forbidden("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
                break;
            case ("", _):
                causes.Add(FieldErrors.Required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName"));
                break;
        }
        causes.Form("spec.nodeName", spec.Text("nodeName"), Names.DnsSubdomain);
        AttachmentStatus(obj.Child("status") ?? [], causes);
        if (volume is not null)
            causes.Form("spec.source.persistentVolumeName", volume, Names.DnsSubdomain);
        if (old is null || JsonNode.DeepEquals(spec, old["spec"]))
            return;
        var shown = GoStructs.Of(spec, "Attacher", "Source", "NodeName")!;
        shown["Source"] = new JsonObject { ["PersistentVolumeName"] = source["persistentVolumeName"]?.DeepClone(), ["InlineVolumeSpec"] = source["inlineVolumeSpec"]?.DeepClone() };
        causes.Add(FieldErrors.Invalid("spec", shown, "field is immutable"));
    }

    public static void CsiNode(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var spec = obj.Child("spec") ?? [];
        foreach (var (driver, at) in spec.Items("drivers", "spec.drivers"))
        {
            var (name, id) = (driver.Text("name"), driver.Text("nodeID"));
            DriverName(name, $"{at}.name", causes);
            if (id.Length == 0)
                causes.Add(FieldErrors.Required($"{at}.nodeID"));
            if (id.Length > MaxNodeId)
                causes.Add(FieldErrors.Invalid($"{at}.nodeID", id, $"must be {MaxNodeId} characters or less"));
            causes.AtLeast($"{at}.allocatable.count", driver.Child("allocatable")?["count"], 0);
            if (!names.Add(name))
                causes.Add(FieldErrors.Duplicate($"{at}.name", name));
            TopologyKeys(driver, at, causes);
        }
        foreach (var before in old?.Child("spec")?.Objects("drivers") ?? [])
        {
            foreach (var driver in spec.Objects("drivers").Where(d => d.Text("name") == before.Text("name")))
            {
                if (!JsonNode.DeepEquals(WithoutAllocatable(driver), WithoutAllocatable(before)))
                    causes.Add(FieldErrors.Invalid("spec.drivers", GoStructs.Of(driver, "Name", "NodeID", "TopologyKeys", "Allocatable"), "field is immutable"));
            }
        }
    }

    public static void CsiDriver(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        if (spec["fsGroupPolicy"] is not null)
            causes.OneOf("spec.fsGroupPolicy", spec.Text("fsGroupPolicy"), "File", "None", "ReadWriteOnceWithFSType");
        TokenRequests(spec, causes);
        foreach (var mode in spec.Texts("volumeLifecycleModes"))
            causes.OneOf("spec.volumeLifecycleModes", mode, "Persistent", "Ephemeral");
        if (spec["nodeAllocatableUpdatePeriodSeconds"] is { } period && period.Whole() < 10)
            causes.Add(FieldErrors.Invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, "must be greater than or equal to 10 seconds"));
        if (spec["serviceAccountTokenInSecrets"] is { } inSecrets && spec["tokenRequests"] is not JsonArray { Count: > 0 })
            causes.Add(FieldErrors.Invalid("spec.serviceAccountTokenInSecrets", inSecrets, "serviceAccountTokenInSecrets is set but no tokenRequests are specified"));
        if (old?.Child("spec") is not { } before)
            return;
        causes.Unchanged("spec.attachedRequired", spec["attachRequired"], before["attachRequired"]);
        causes.Unchanged("spec.volumeLifecycleModes", spec["volumeLifecycleModes"], before["volumeLifecycleModes"]);
    }

    public static void CsiStorageCapacity(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        if (old is not null)
        {
            causes.Unchanged("nodeTopology", obj["nodeTopology"], old["nodeTopology"]);
            causes.Unchanged("storageClassName", obj["storageClassName"], old["storageClassName"]);
            return;
        }
        causes.LabelSelector(obj.Child("nodeTopology"), "nodeTopology");
        causes.Form("storageClassName", obj.Text("storageClassName"), Names.DnsSubdomain);
        if (Quantity.TryParse(obj.Text("capacity"), out var capacity) && capacity.Sign < 0)
            causes.Add(FieldErrors.Invalid("capacity", capacity.ToString(), "must be greater than or equal to 0"));
    }

    private static void Provisioner(string value, string path, List<StatusCause> causes) => causes.RequiredForm(path, value.ToLowerInvariant(), Names.QualifiedName);

    private static void Parameters(JsonObject? parameters, bool allowEmpty, List<StatusCause> causes)
    {
        if (parameters is { Count: > MaxParameters })
        {
            causes.Add(FieldErrors.TooLong("parameters", MaxParameters));
            return;
        }
        if (parameters?.ContainsKey("") == true)
            causes.Add(FieldErrors.Invalid("parameters", "", "field can not be empty."));
        if (FieldRules.Size(parameters) > MaxParametersSize)
            causes.Add(FieldErrors.TooLong("parameters", MaxParametersSize));
        if (!allowEmpty && parameters is not { Count: > 0 })
            causes.Add(FieldErrors.Required("parameters", "must contain at least one key/value pair"));
    }

    private static void AllowedTopologies(JsonObject obj, List<StatusCause> causes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (term, at) in obj.Items("allowedTopologies", "allowedTopologies"))
        {
            var keys = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var (expression, place) in term.Items("matchLabelExpressions", $"{at}.matchLabelExpressions"))
            {
                var values = expression.Texts("values");
                if (values.Count == 0)
                    causes.Add(FieldErrors.Required($"{place}.values"));
                for (var i = 0; i < values.Count; i++)
                {
                    if (values.IndexOf(values[i]) < i)
                        causes.Add(FieldErrors.Duplicate($"{place}.values[{i}]", values[i]));
                }
                var key = expression.Text("key");
                causes.Form($"{place}.key", key, Names.QualifiedName);
                if (keys.ContainsKey(key))
                    causes.Add(FieldErrors.Duplicate($"{place}.key", key));
                keys[key] = string.Join(',', values.Order(StringComparer.Ordinal));
            }
            if (!seen.Add(string.Join(';', keys.Select(static k => $"{k.Key}={k.Value}"))))
                causes.Add(FieldErrors.Duplicate($"{at}.matchLabelExpressions", ""));
        }
    }

    private static void AttachmentStatus(JsonObject status, List<StatusCause> causes)
    {
        if (FieldRules.Size(status.Child("attachmentMetadata")) > MaxParametersSize)
            causes.Add(FieldErrors.TooLong("status.attachmentMetadata", MaxParametersSize));
        foreach (var field in (ReadOnlySpan<string>)["attachError", "detachError"])
        {
            if (status.Child(field) is not { } error)
                continue;
            // The bound in the message is the metadata's, as upstream has it.
            if (error.Text("message").Length > MaxErrorMessage)
                causes.Add(FieldErrors.TooLong($"status.{field}.message", MaxParametersSize));
            if (error["errorCode"] is { } code && code.Whole() < 0)
                causes.Add(FieldErrors.Invalid($"status.{field}.errorCode", code, "must be between 0 and 2147483647, inclusive"));
        }
    }

    private static void DriverName(string name, string path, List<StatusCause> causes)
    {
        if (name.Length == 0)
        {
            causes.Add(FieldErrors.Required(path));
            return;
        }
        if (name.Length > MaxDriverName)
            causes.Add(FieldErrors.TooLong(path, MaxDriverName));
        if (Names.DnsSubdomain(name.ToLowerInvariant()) is { } wrong)
            causes.Add(FieldErrors.Invalid(path, name, wrong));
    }

    private static void TopologyKeys(JsonObject driver, string path, List<StatusCause> causes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in driver.Texts("topologyKeys"))
        {
            if (key.Length == 0)
                causes.Add(FieldErrors.Required(path));
            if (!seen.Add(key))
                causes.Add(FieldErrors.Duplicate(path, key));
            causes.Form(path, key, Names.QualifiedName);
            if (key.Length == 0)
                causes.Add(FieldErrors.Invalid(path, key, Names.QualifiedName("_")!)); // nothing has not the form of a name either
        }
    }

    private static void TokenRequests(JsonObject spec, List<StatusCause> causes)
    {
        var audiences = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (request, at) in spec.Items("tokenRequests", "spec.tokenRequests"))
        {
            if (!audiences.Add(request.Text("audience")))
            {
                causes.Add(FieldErrors.Duplicate($"{at}.audience", request.Text("audience")));
                continue;
            }
            if (request["expirationSeconds"] is not { } seconds)
                continue;
            if (seconds.Whole() < 600)
                causes.Add(FieldErrors.Invalid($"{at}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"));
            if (seconds.Whole() > 1L << 32)
                causes.Add(FieldErrors.Invalid($"{at}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"));
        }
    }

    private static JsonObject WithoutAllocatable(JsonObject driver)
    {
        var copy = driver.DeepClone().AsObject();
        copy.Remove("allocatable");
        return copy;
    }
}

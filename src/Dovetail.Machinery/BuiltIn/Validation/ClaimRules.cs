using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Persistent volume claims, and the volumes that they ask for.</summary>
internal static class ClaimRules
{
    private static readonly string[] AccessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

    public static void Check(FieldScope claim, JsonObject? old)
    {
        var spec = claim.Part("spec");
        CheckSpec(spec);
        if (old?.Child("spec") is not { } before)
            return;
        var bound = claim.Child("status")?.Text("phase") == "Bound";
        if (!JsonNode.DeepEquals(Fixed(spec.Object, before, bound), before))
            claim.Forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
        if (Storage(spec) is { } now && Storage(new(before, "spec", claim.Causes)) is { } then && now < then && now <= (claim.Child("status")?.Child("capacity")?.Amount("storage") ?? default))
            claim.Forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
        if (!JsonNode.DeepEquals(spec.Object["volumeMode"], before["volumeMode"]))
            claim.Causes.Add(FieldErrors.Invalid("volumeMode", spec.Object["volumeMode"], "field is immutable"));
    }

    public static void CheckSpec(FieldScope spec)
    {
        if (spec.Count("accessModes") == 0)
            spec.Required("accessModes", "at least 1 access mode is required");
        if (spec.Child("selector") is { } selector)
            SelectorRules.Check(selector);
        CheckAccessModes(spec);
        CheckStorage(spec);
        if (spec.Text("storageClassName").Length > 0)
            spec.Name("storageClassName", Names.DnsSubdomain);
        if (spec.Has("volumeMode"))
            spec.OneOf("volumeMode", "Block", "Filesystem");
        foreach (var field in (ReadOnlySpan<string>)["dataSource", "dataSourceRef"])
        {
            if (spec.Child(field) is { } source)
                CheckSource(source);
        }
        if (spec.Text("volumeAttributesClassName").Length > 0)
            spec.Name("volumeAttributesClassName", Names.DnsSubdomain);
    }

    public static void CheckAccessModes(FieldScope spec)
    {
        var modes = spec.Texts("accessModes").Select(static m => m.Text).ToArray();
        foreach (var mode in modes)
        {
            if (!AccessModes.Contains(mode))
                spec.Causes.Add(FieldErrors.NotSupported(spec.At("accessModes"), mode, AccessModes));
        }
        if (modes.Contains("ReadWriteOncePod") && modes.Any(static m => m != "ReadWriteOncePod" && AccessModes.Contains(m)))
            spec.Forbidden("accessModes", "may not use ReadWriteOncePod with other access modes");
    }

    private static Quantities.Quantity? Storage(FieldScope spec) => spec.Child("resources")?.Child("requests")?.Amount("storage");

    private static void CheckStorage(FieldScope spec)
    {
        if (Storage(spec) is not { } storage)
            spec.Required("resources[storage]");
        else if (storage.Sign <= 0)
            spec.Invalid("resources[storage]", storage.ToString(), "must be greater than zero");
    }

    private static void CheckSource(FieldScope source)
    {
        if (source.Text("name").Length == 0)
            source.Required("name");
        if (source.Text("kind").Length == 0)
            source.Required("kind");
        var group = source.Text("apiGroup");
        if (group.Length == 0 && source.Text("kind").Length > 0 && source.Text("kind") != "PersistentVolumeClaim")
            source.Causes.Add(FieldErrors.Invalid(source.Path, source.Text("kind"), "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
        if (group.Length > 0)
            source.Name("apiGroup", Names.DnsSubdomain);
    }

    private static JsonObject Fixed(JsonObject spec, JsonObject before, bool bound)
    {
        var copy = (JsonObject)spec.DeepClone();
        void Keep(string field)
        {
            if (before[field] is { } kept)
                copy[field] = kept.DeepClone();
            else
                copy.Remove(field);
        }
        // A claim without a volume is told which one it got; one without a class gets the default one.
        if (before.Text("volumeName").Length == 0)
            Keep("volumeName");
        if (before["storageClassName"] is null)
            Keep("storageClassName");
        if (!bound)
            return copy;
        Keep("volumeAttributesClassName");
        if (copy.Child("resources")?.Child("requests") is { } requests && before.Child("resources")?.Child("requests")?["storage"] is { } storage)
            requests["storage"] = storage.DeepClone();
        return copy;
    }
}

using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Objects as they show in upstream's messages, which print its internal structs: fields under their Go names, in the struct's order, empty ones too.</summary>
internal static class GoStructs
{
    /// <summary>A struct of texts, lists and, where upstream has a pointer, null; null for none.</summary>
    public static JsonObject? Of(JsonObject? obj, params ReadOnlySpan<string> names)
    {
        if (obj is null)
            return null;
        var shown = new JsonObject();
        foreach (var name in names)
        {
            var field = name switch
            {
                "APIGroup" => "apiGroup",
                "CIDRs" => "cidrs",
                _ => char.ToLowerInvariant(name[0]) + name[1..],
            };
            shown[name] = obj[field]?.DeepClone() ?? (name == "Allocatable" ? null : "");
        }
        return shown;
    }

    /// <summary>A map, which Go prints in the order of its keys; null for none.</summary>
    public static JsonObject? Map(JsonObject? map)
    {
        if (map is null)
            return null;
        var sorted = new JsonObject();
        foreach (var (key, value) in map.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
            sorted[key] = value?.DeepClone();
        return sorted;
    }

    /// <summary>A struct of pointers, of which all are shown; null for none.</summary>
    public static JsonObject? Pointers(JsonObject? obj, params ReadOnlySpan<string> names)
    {
        if (obj is null)
            return null;
        var shown = new JsonObject();
        foreach (var name in names)
            shown[name] = obj[char.ToLowerInvariant(name[0]) + name[1..]]?.DeepClone();
        return shown;
    }

    public static JsonObject Toleration(JsonObject toleration) => new()
    {
        ["Key"] = toleration.Text("key"),
        ["Operator"] = toleration.Text("operator"),
        ["Value"] = toleration.Text("value"),
        ["Effect"] = toleration.Text("effect"),
        ["TolerationSeconds"] = toleration["tolerationSeconds"]?.DeepClone(),
    };
}

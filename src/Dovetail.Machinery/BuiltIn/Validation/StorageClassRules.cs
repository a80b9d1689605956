using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>storage.k8s.io StorageClass and VolumeAttributesClass (<c>pkg/apis/storage/validation</c>).</summary>
internal static class StorageClassRules
{
    private const int MaxParameters = 512;
    private const int MaxParametersSize = 256 * 1024;

    public static void Check(FieldScope @class, JsonObject? old)
    {
        if (old is not null)
        {
            foreach (var field in (ReadOnlySpan<string>)["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"])
                @class.Unchanged(field, old[field]);
            return;
        }
        CheckProvisioner(@class, "provisioner");
        CheckParameters(@class, allowEmpty: true);
        if (@class.Text("reclaimPolicy").Length > 0)
            @class.OneOf("reclaimPolicy", "Delete", "Retain");
        if (@class.Has("volumeBindingMode"))
            @class.OneOf("volumeBindingMode", "Immediate", "WaitForFirstConsumer");
        CheckTopologies(@class);
    }

    public static void CheckAttributes(FieldScope @class, JsonObject? old)
    {
        foreach (var field in old is null ? [] : (ReadOnlySpan<string>)["driverName", "parameters"])
        {
            if (!JsonNode.DeepEquals(@class.Object[field], old![field]))
                @class.Forbidden(field, $"updates to {field} are forbidden.");
        }
        CheckProvisioner(@class, "driverName");
        CheckParameters(@class, allowEmpty: false);
    }

    /// <summary>Bytes of all keys and values together.</summary>
    internal static long Size(JsonObject? map)
    {
        var size = 0L;
        foreach (var (key, _) in map ?? [])
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(map!.Text(key));
        return size;
    }

    private static void CheckProvisioner(FieldScope @class, string field)
    {
        var name = @class.Text(field).ToLowerInvariant();
        if (name.Length == 0)
            @class.Required(field);
        foreach (var wrong in name.Length == 0 ? [] : Names.QualifiedName(name))
            @class.Invalid(field, name, wrong);
    }

    private static void CheckParameters(FieldScope @class, bool allowEmpty)
    {
        var parameters = @class.Object.Child("parameters");
        if (parameters is { Count: > MaxParameters })
        {
            @class.TooLong("parameters", MaxParameters);
            return;
        }
        if (parameters?.ContainsKey("") == true)
            @class.Invalid("parameters", "", "field can not be empty.");
        if (Size(parameters) > MaxParametersSize)
            @class.TooLong("parameters", MaxParametersSize);
        if (!allowEmpty && parameters is not { Count: > 0 })
            @class.Required("parameters", "must contain at least one key/value pair");
    }

    private static void CheckTopologies(FieldScope @class)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var term in @class.Each("allowedTopologies"))
        {
            var keys = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var expression in term.Each("matchLabelExpressions"))
            {
                var values = expression.Values("values");
                if (values.Count == 0)
                    expression.Required("values");
                for (var i = 0; i < values.Count; i++)
                {
                    if (values.IndexOf(values[i]) < i)
                        expression.Duplicate($"values[{i}]", values[i]);
                }
                var key = expression.Text("key");
                expression.Name("key", Names.QualifiedName);
                if (keys.ContainsKey(key))
                    expression.Duplicate("key", key);
                keys[key] = string.Join(',', values.Order(StringComparer.Ordinal));
            }
            if (!seen.Add(string.Join(';', keys.Select(static k => $"{k.Key}={k.Value}"))))
                term.Duplicate("matchLabelExpressions", "");
        }
    }
}

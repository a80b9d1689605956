using System.Globalization;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Yaml;

/// <summary>Writes a tree as JSON: aliases expanded, merge keys laid under, keys unique.</summary>
internal sealed class YamlJsonWriter(Utf8JsonWriter json, YamlLimits limits, List<string>? duplicates)
{
    private int nodes;

    public void Write(YamlNode node, int depth)
    {
        if (++nodes > limits.MaxNodes) throw Error(node, "document contains excessive aliasing");
        if (depth > limits.MaxDepth) throw Error(node, string.Create(CultureInfo.InvariantCulture, $"exceeded max depth of {limits.MaxDepth}"));
        switch (node)
        {
            case YamlScalar scalar:
                WriteScalar(scalar);
                break;
            case YamlSequence sequence:
                json.WriteStartArray();
                foreach (var item in sequence.Items) Write(item, depth + 1);
                json.WriteEndArray();
                break;
            case YamlMapping mapping:
                json.WriteStartObject();
                foreach (var (name, value) in Entries(mapping, depth))
                {
                    json.WritePropertyName(name);
                    Write(value, depth + 1);
                }

                json.WriteEndObject();
                break;
        }
    }

    private List<KeyValuePair<string, YamlNode>> Entries(YamlMapping mapping, int depth)
    {
        var own = new List<KeyValuePair<string, YamlNode>>(mapping.Entries.Count);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var merges = new List<YamlNode>();
        foreach (var (key, value) in mapping.Entries)
        {
            if (key is { IsPlain: true, Text: "<<" })
            {
                merges.Add(value);
                continue;
            }

            var name = KeyText(key);
            if (seen.TryAdd(name, own.Count))
            {
                own.Add(new(name, value));
                continue;
            }

            if (duplicates is null) throw Error(key, $"key \"{name}\" already set in map");
            if (duplicates.Count < JsonObjectReader.MaxFindings) duplicates.Add(string.Create(CultureInfo.InvariantCulture, $"line {key.Start.Line}: key \"{name}\" already set in map"));
            own[seen[name]] = new(name, value);
        }

        foreach (var merge in merges) MergeInto(own, seen, merge, depth);
        return own;
    }

    /// <summary>A merge key's mappings fill in what is not there yet; the first of several wins.</summary>
    private void MergeInto(List<KeyValuePair<string, YamlNode>> entries, Dictionary<string, int> seen, YamlNode merge, int depth)
    {
        if (depth > limits.MaxDepth) throw Error(merge, string.Create(CultureInfo.InvariantCulture, $"exceeded max depth of {limits.MaxDepth}"));
        // Mappings that hold nothing but merges write nothing, and multiply all the same.
        if (++nodes > limits.MaxNodes) throw Error(merge, "document contains excessive aliasing");
        switch (merge)
        {
            case YamlMapping mapping:
                foreach (var entry in Entries(mapping, depth + 1))
                {
                    if (++nodes > limits.MaxNodes) throw Error(merge, "document contains excessive aliasing");
                    if (seen.TryAdd(entry.Key, entries.Count)) entries.Add(entry);
                }

                break;
            case YamlSequence sequence when sequence.Items.TrueForAll(item => item is YamlMapping):
                foreach (var item in sequence.Items) MergeInto(entries, seen, item, depth + 1);
                break;
            default:
                throw Error(merge, "map merge requires map or sequence of maps as the value");
        }
    }

    private static string KeyText(YamlScalar key)
    {
        var value = YamlScalars.Resolve(key);
        return value.Kind switch
        {
            YamlScalarKind.Boolean => value.Boolean ? "true" : "false",
            YamlScalarKind.Integer or YamlScalarKind.Float => value.Number,
            YamlScalarKind.Null => "null",
            YamlScalarKind.Text => key.Text,
        };
    }

    private void WriteScalar(YamlScalar scalar)
    {
        var value = YamlScalars.Resolve(scalar);
        switch (value.Kind)
        {
            case YamlScalarKind.Null:
                json.WriteNullValue();
                break;
            case YamlScalarKind.Boolean:
                json.WriteBooleanValue(value.Boolean);
                break;
            case YamlScalarKind.Integer or YamlScalarKind.Float:
                json.WriteRawValue(value.Number);
                break;
            case YamlScalarKind.Text:
                json.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static YamlFormatException Error(YamlNode at, string message) =>
        new(string.Create(CultureInfo.InvariantCulture, $"error converting YAML to JSON: yaml: line {at.Start.Line}: {message}"));
}

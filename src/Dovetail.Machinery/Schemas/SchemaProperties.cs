using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Schemas;

/// <summary>The fields of an object in the order of their declaration. Filled by whoever builds a schema, before it is published, so that recursive definitions can share one table.</summary>
public sealed class SchemaProperties : IEnumerable<KeyValuePair<string, Schema>>
{
    private readonly List<KeyValuePair<string, Schema>> ordered = [];
    private readonly Dictionary<string, Schema> byName = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, Schema>> defaulted = [];
    private readonly List<KeyValuePair<string, Schema>> written = [];

    public static SchemaProperties Empty { get; } = new();

    public int Count => ordered.Count;

    /// <summary>The fields that are always written (<see cref="ZeroValue.Written"/>).</summary>
    internal List<KeyValuePair<string, Schema>> Written => written;

    /// <summary>The fields that have a default; the walk looks at these only when it fills in what is absent.</summary>
    internal List<KeyValuePair<string, Schema>> Defaulted => defaulted;

    public Schema? Find(string name) => byName.GetValueOrDefault(name);

    public bool TryFind(string name, [NotNullWhen(true)] out Schema? schema) => byName.TryGetValue(name, out schema);

    public IEnumerator<KeyValuePair<string, Schema>> GetEnumerator() => ordered.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(string name, Schema schema)
    {
        if (!byName.TryAdd(name, schema))
            throw new InvalidOperationException($"field {name} is declared twice");
        var field = KeyValuePair.Create(name, schema);
        ordered.Add(field);
        if (schema.Zero == ZeroValue.Written)
            written.Add(field);
        // A Go string's zero value is not written out, so there is nothing to fill in.
        if (schema.Default is not null && !(schema.Typed && schema.Default is JsonValue zero && zero.TryGetValue(out string? text) && text.Length == 0))
            defaulted.Add(field);
    }
}

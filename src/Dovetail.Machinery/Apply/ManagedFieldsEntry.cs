using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>One entry of <c>metadata.managedFields</c>. Its field set stays raw JSON until someone needs it.</summary>
internal sealed class ManagedFieldsEntry
{
    private JsonObject? raw;
    private FieldSet? fields;

    public required string Manager { get; init; }

    /// <summary>True for <c>operation: Apply</c>, false for Update.</summary>
    public required bool Applied { get; init; }

    public required string ApiVersion { get; init; }

    public string Subresource { get; init; } = "";

    /// <summary>RFC 3339 in seconds, "" when the entry has none.</summary>
    public string Time { get; set; } = "";

    public FieldSet Fields
    {
        get => fields ??= FieldSet.Parse(raw!);
        set
        {
            fields = value;
            raw = null;
        }
    }

    /// <summary>A field that the schema has made one value since is owned as such, and not by its parts.</summary>
    public void Reconcile(Schema root)
    {
        if (raw is not null && HasPartsOfAtoms(root, raw)) Fields = WithoutPartsOfAtoms(root, Fields);
    }

    /// <summary>Reads <c>metadata.managedFields</c>. Null when an entry cannot be read: ownership then counts as unknown.</summary>
    public static List<ManagedFieldsEntry>? ReadAll(JsonNode? managedFields)
    {
        var entries = new List<ManagedFieldsEntry>();
        if (managedFields is not JsonArray array) return managedFields is null ? entries : null;
        foreach (var item in array)
        {
            if (item is not JsonObject entry || Read(entry) is not { } read) return null;
            entries.Add(read);
        }

        return entries;
    }

    /// <summary>Writes the entries in upstream's order: Apply before Update, then by time and name. Entries that own nothing are left out.</summary>
    public static JsonArray WriteAll(IEnumerable<ManagedFieldsEntry> entries)
    {
        var sorted = entries.Where(entry => !entry.IsEmpty)
            .OrderBy(entry => entry.Applied ? 0 : 1)
            .ThenBy(entry => entry.Time, StringComparer.Ordinal)
            .ThenBy(entry => entry.Manager, StringComparer.Ordinal)
            .ThenBy(entry => entry.ApiVersion, StringComparer.Ordinal)
            .ThenBy(entry => entry.Subresource, StringComparer.Ordinal);
        return new JsonArray([.. sorted.Select(entry => entry.Write())]);
    }

    private bool IsEmpty => raw?.Count == 0 || fields?.IsEmpty == true;

    /// <summary>The same manager. An applier is the same in every version of the API.</summary>
    public bool IsSameManager(ManagedFieldsEntry other) =>
        Manager == other.Manager && Applied == other.Applied && Subresource == other.Subresource && (Applied || ApiVersion == other.ApiVersion);

    /// <summary>The same manager as the owner of other fields.</summary>
    public ManagedFieldsEntry Owning(FieldSet other, string apiVersion) =>
        new() { Manager = Manager, Applied = Applied, ApiVersion = apiVersion, Subresource = Subresource, Time = Time, Fields = other };

    public bool Overlaps(FieldSet set) => raw is null ? !Fields.Intersection(set).IsEmpty : set.Overlaps(raw);

    public bool Covers(FieldSet set) => raw is null ? set.IsSubsetOf(Fields) : set.IsCoveredBy(raw);

    /// <summary>How conflict messages name the manager.</summary>
    public override string ToString()
    {
        var text = JsonEncodedText.Encode(Manager, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        text = $"\"{text}\"";
        if (Subresource.Length > 0) text += $" with subresource \"{Subresource}\"";
        return Applied ? text : $"{text} using {ApiVersion}";
    }

    private static bool HasPartsOfAtoms(Schema schema, JsonObject fields)
    {
        foreach (var (element, below) in fields)
        {
            if (below is not JsonObject { Count: > 0 } nested || Child(schema, element) is not { } child) continue;
            if (TypedShapes.IsAtom(child) || HasPartsOfAtoms(child, nested)) return true;
        }

        return false;
    }

    private static FieldSet WithoutPartsOfAtoms(Schema schema, FieldSet set)
    {
        var children = new Dictionary<string, FieldSet>(StringComparer.Ordinal);
        foreach (var (element, node) in set.Children)
        {
            if (Child(schema, element) is not { } child || !node.Children.Any()) children[element] = node;
            else children[element] = TypedShapes.IsAtom(child) ? FieldSet.Node(true, null) : WithoutPartsOfAtoms(child, node);
        }

        return FieldSet.Node(set.IsMember, children);
    }

    private static Schema? Child(Schema schema, string element) => element[0] switch
    {
        'f' => schema.Field(element[2..]),
        '.' => null,
        _ => schema.Items,
    };

    private static ManagedFieldsEntry? Read(JsonObject entry)
    {
        if (Text(entry, "operation") is not ("Apply" or "Update") || Text(entry, "fieldsType") is not ("" or "FieldsV1")) return null;
        if (entry["fieldsV1"] is not (null or JsonObject)) return null;
        return new ManagedFieldsEntry
        {
            Manager = Text(entry, "manager"),
            Applied = Text(entry, "operation") == "Apply",
            ApiVersion = Text(entry, "apiVersion"),
            Subresource = Text(entry, "subresource"),
            Time = Text(entry, "time"),
            raw = entry["fieldsV1"] as JsonObject ?? [],
        };
    }

    private static string Text(JsonObject entry, string name) =>
        entry.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private JsonObject Write()
    {
        var entry = new JsonObject
        {
            ["manager"] = Manager,
            ["operation"] = Applied ? "Apply" : "Update",
            ["apiVersion"] = ApiVersion,
        };
        if (Time.Length > 0) entry["time"] = Time;
        entry["fieldsType"] = "FieldsV1";
        entry["fieldsV1"] = raw?.DeepClone() ?? Fields.ToJson();
        if (Subresource.Length > 0) entry["subresource"] = Subresource;
        return entry;
    }
}

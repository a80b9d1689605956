using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Apply;

/// <summary>Field ownership of one kind in one version (<c>metadata.managedFields</c>): server-side apply, and the tracking of every other write.
/// Follows KEP-555 and structured-merge-diff. One instance serves all objects of a kind; it has no state.</summary>
public sealed class FieldManager
{
    private const string BeforeFirstApply = "before-first-apply";
    private const string LastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

    private readonly Schema root;
    private readonly string apiVersion;
    private readonly string kind;
    private readonly string subresource;
    private readonly FieldSet resetFields;
    private readonly TimeProvider time;

    /// <param name="schema">The whole object's schema; <c>metadata</c> is typed by ObjectMeta whatever the schema says of it.</param>
    /// <param name="apiVersion">The version that writes are made in, <c>group/version</c>.</param>
    /// <param name="kind">The kind that a configuration must name.</param>
    /// <param name="subresource">"" for the object itself; recorded with the entries.</param>
    /// <param name="resetFields">Fields that writes through this (sub)resource cannot change, and so never own: <c>f:status</c> of an object with a status subresource.</param>
    /// <param name="time">Stamps the entries.</param>
    public FieldManager(Schema schema, string apiVersion, string kind, string subresource, FieldSet resetFields, TimeProvider time)
    {
        root = WithObjectMeta(schema);
        this.apiVersion = apiVersion;
        this.kind = kind;
        this.subresource = subresource;
        this.resetFields = resetFields;
        this.time = time;
    }

    /// <summary>Records in <paramref name="updated"/>'s managedFields who wrote what, as <c>operation: Update</c>. Call it for creates (live is null), updates, and patches other than apply,
    /// after everything else (defaults, admission, status kept or spec kept) has been done to the object. managedFields that the client sent are taken as given;
    /// absent or unreadable ones keep the live object's; <c>[{}]</c> resets them.</summary>
    public void Update(JsonObject? live, JsonObject updated, string manager)
    {
        var sent = Metadata(updated)?["managedFields"];
        var known = live is null ? null : Metadata(live)?["managedFields"];
        var comparison = TypedComparison.Between(root, live, updated).Without(resetFields);
        if (subresource.Length == 0 && IsReset(sent))
        {
            Metadata(updated)!.Remove("managedFields");
            if (!Exists(live)) Store(updated, Track([], comparison, manager));
            return;
        }

        var taken = subresource.Length == 0 && sent is JsonArray { Count: > 0 } ? Known(sent) : null;
        var clientChanged = taken is not null && !JsonEquality.Equal(sent, known);
        if (comparison.IsEmpty && !clientChanged)
        {
            if (!ReferenceEquals(sent, known)) Restore(updated, known);
            return;
        }

        var entries = taken ?? Known(known) ?? [];
        // Of an object whose owners are not known any more, none are kept until somebody applies.
        if (entries.Count == 0 && Exists(live)) Metadata(updated)?.Remove("managedFields");
        else Store(updated, Track(entries, comparison, manager));
    }

    /// <summary>The entries, in the terms of the present schema; null when they cannot be read.</summary>
    private List<ManagedFieldsEntry>? Known(JsonNode? managedFields)
    {
        var entries = ManagedFieldsEntry.ReadAll(managedFields);
        // Only a CRD's schema can be another one than when the entries were written.
        if (entries is not null && !root.Typed)
            foreach (var entry in entries) entry.Reconcile(root);
        return entries;
    }

    private static bool Exists(JsonObject? live) => live is not null && Metadata(live)?["uid"] is not null;

    /// <summary>Server-side apply: lays <paramref name="applied"/> over <paramref name="live"/> (null: the object is created), removes what the manager applied before and does not any more
    /// and nobody else owns, and records ownership. Returns a new object; the inputs stay as they are. An apply that changes nothing returns an object equal to <paramref name="live"/>, timestamps included.</summary>
    /// <exception cref="StatusException">400 for another version or given managedFields; 500 for a configuration that does not fit the type (as upstream); 409 for fields of others, unless <paramref name="force"/>.</exception>
    public JsonObject Apply(JsonObject? live, JsonObject applied, string manager, bool force)
    {
        CheckConfiguration(applied);
        if (TypedValidation.Check(root, applied) is { Count: > 0 } problems) throw ApplyErrors.NotTyped(Describe(applied), problems);
        var configured = TypedObject.ToFieldSet(root, applied).DifferenceRecursive(resetFields);

        var entries = live is null ? [] : Known(Metadata(live)?["managedFields"]) ?? [];
        if (live is not null && entries.Count == 0)
            entries.Add(new ManagedFieldsEntry { Manager = BeforeFirstApply, Applied = false, ApiVersion = apiVersion, Time = Now(), Fields = TypedComparison.Between(root, null, live).Added });

        var self = new ManagedFieldsEntry { Manager = manager, Applied = true, ApiVersion = apiVersion, Subresource = subresource, Fields = configured };
        var previous = entries.Find(self.IsSameManager);
        var current = live ?? Skeleton(applied);
        var merged = (JsonObject)TypedObject.Merge(root, current, applied)!;
        KeepSystemMetadata(live, merged);
        if (previous is not null && !previous.Fields.IsSubsetOf(configured))
            merged = Prune(merged, previous.Fields, [.. entries.Where(entry => !entry.IsSameManager(self)), self]);

        self.Fields = configured.Difference(SystemFields.Set);
        var others = entries.Where(entry => !entry.IsSameManager(self)).ToList();
        var comparison = TypedComparison.Between(root, live, merged).Without(resetFields);
        var conflicts = Conflicts(others, comparison);
        if (conflicts.Count > 0 && !force)
        {
            if (manager == "kubectl") conflicts = WithoutClientSideApplied(live!, conflicts);
            if (conflicts.Count > 0) throw ApplyErrors.Conflict(conflicts);
        }

        GiveUp(others, comparison);
        // Who changes nothing and only comes to own what is there already gets no time, as upstream.
        self.Time = live is not null && JsonEquality.Equal(live, merged) ? previous?.Time ?? "" : Now();
        UpdateLastApplied(manager, merged, applied);
        others.Add(self);
        Store(merged, others);
        return merged;
    }

    private List<ManagedFieldsEntry> Track(List<ManagedFieldsEntry> entries, TypedComparison comparison, string manager)
    {
        GiveUp(entries, comparison);
        var taken = comparison.Added.Union(comparison.Modified);
        if (taken.IsEmpty) return entries;
        var self = new ManagedFieldsEntry { Manager = manager, Applied = false, ApiVersion = apiVersion, Subresource = subresource, Time = Now(), Fields = taken };
        if (entries.Find(self.IsSameManager) is { } previous)
        {
            if (!previous.Covers(taken)) previous.Fields = previous.Fields.Union(taken);
            previous.Time = self.Time;
        }
        else
        {
            entries.Add(self);
        }

        return AncientChanges.Capped(entries);
    }

    /// <summary>Whoever owned a field that this write changed or removed owns it no more.</summary>
    private static void GiveUp(List<ManagedFieldsEntry> entries, TypedComparison comparison)
    {
        var changed = comparison.Added.Union(comparison.Modified).Union(comparison.Removed);
        if (changed.IsEmpty) return;
        foreach (var entry in entries)
            if (entry.Overlaps(changed)) entry.Fields = entry.Fields.Difference(changed);
    }

    private static List<(ManagedFieldsEntry Owner, FieldSet Fields)> Conflicts(List<ManagedFieldsEntry> others, TypedComparison comparison)
    {
        var changed = comparison.Modified.Union(comparison.Added);
        var conflicts = new List<(ManagedFieldsEntry, FieldSet)>();
        foreach (var entry in others)
            if (entry.Overlaps(changed)) conflicts.Add((entry, entry.Fields.Intersection(changed)));
        return conflicts;
    }

    /// <summary>Removes what was applied last time, is not applied now, and is owned by nobody.</summary>
    private JsonObject Prune(JsonObject merged, FieldSet last, IEnumerable<ManagedFieldsEntry> managers)
    {
        var managed = TypedObject.WithNamedFields(root, managers.Aggregate(FieldSet.Empty, (all, entry) => all.Union(entry.Fields)));
        var lastNamed = TypedObject.WithNamedFields(root, last);
        var mergedSet = NamedSet(merged);
        var bare = NamedSet(Without(merged, lastNamed));
        var owned = NamedSet(Without(merged, mergedSet.Difference(bare.Union(managed))));
        return Without(merged, mergedSet.Difference(owned).Intersection(lastNamed));
    }

    private FieldSet NamedSet(JsonObject obj) => TypedObject.WithNamedFields(root, TypedObject.ToFieldSet(root, obj));

    private JsonObject Without(JsonObject obj, FieldSet doomed) => (JsonObject?)TypedObject.Remove(root, obj, doomed) ?? [];

    /// <summary>A field that <c>kubectl apply</c> on the client set, and that still has that value, does not stand in the way of kubectl's first server-side apply.</summary>
    private List<(ManagedFieldsEntry Owner, FieldSet Fields)> WithoutClientSideApplied(JsonObject live, List<(ManagedFieldsEntry Owner, FieldSet Fields)> conflicts)
    {
        if (LastApplied(live) is not { } text) return conflicts;
        JsonObject? configuration;
        try
        {
            configuration = JsonObjectReader.Read(Encoding.UTF8.GetBytes(text)).Root as JsonObject;
        }
        catch (JsonException)
        {
            return conflicts;
        }

        if (configuration?["apiVersion"] is not JsonValue version || !version.TryGetValue(out string? given) || given != apiVersion) return conflicts;
        var comparison = TypedComparison.Between(root, configuration, live);
        var allowed = TypedObject.ToFieldSet(root, configuration).Difference(comparison.Modified.Union(comparison.Removed));
        return [.. conflicts.Select(conflict => (conflict.Owner, Fields: conflict.Fields.Difference(allowed))).Where(conflict => !conflict.Fields.IsEmpty)];
    }

    /// <summary>kubectl going to and fro between client-side and server-side apply finds its annotation up to date.</summary>
    private static void UpdateLastApplied(string manager, JsonObject merged, JsonObject applied)
    {
        if (manager != "kubectl" || LastApplied(merged) is null) return;
        var copy = (JsonObject)applied.DeepClone();
        (copy["metadata"]?["annotations"] as JsonObject)?.Remove(LastAppliedAnnotation);
        merged["metadata"]!["annotations"]![LastAppliedAnnotation] = copy.ToJsonString() + "\n";
    }

    private static string? LastApplied(JsonObject obj) =>
        Metadata(obj)?["annotations"] is JsonObject annotations && annotations[LastAppliedAnnotation] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private void CheckConfiguration(JsonObject applied)
    {
        var (givenVersion, givenKind) = (Text(applied, "apiVersion"), Text(applied, "kind"));
        if (givenVersion != apiVersion || givenKind != kind) throw ApplyErrors.BadRequest($"invalid object type: {Described(givenVersion)}, Kind={givenKind}");
        if (Metadata(applied)?["managedFields"] is not null)
            throw ApplyErrors.BadRequest("metadata.managedFields must be nil");
    }

    /// <summary>What stands before anything is applied to an object that does not exist yet.</summary>
    private static JsonObject Skeleton(JsonObject applied) => new() { ["apiVersion"] = applied["apiVersion"]?.DeepClone(), ["kind"] = applied["kind"]?.DeepClone() };

    /// <summary>A configuration may repeat fields of the system (kubectl sends what it read); those of the live object stand. resourceVersion stays: it is the caller's precondition.</summary>
    private static void KeepSystemMetadata(JsonObject? live, JsonObject merged)
    {
        if (live is null || Metadata(merged) is not { } metadata || Metadata(live) is not { } known) return;
        foreach (var name in new[] { "creationTimestamp", "generation", "selfLink" })
        {
            if (known[name] is { } value) metadata[name] = value.DeepClone();
            else metadata.Remove(name);
        }
    }

    /// <summary><c>managedFields: [{}]</c> or <c>[]</c>.</summary>
    private static bool IsReset(JsonNode? managedFields) =>
        managedFields is JsonArray { Count: 0 }
        || managedFields is JsonArray { Count: 1 } array && array[0] is JsonObject entry
        && entry.All(field => field.Value is null || (field.Value is JsonValue value && value.TryGetValue<string>(out var text) && text.Length == 0));

    private static void Store(JsonObject obj, List<ManagedFieldsEntry> entries)
    {
        var written = ManagedFieldsEntry.WriteAll(entries);
        if (written.Count > 0) (Metadata(obj) ?? Added(obj))["managedFields"] = written;
        else Metadata(obj)?.Remove("managedFields");
    }

    private static void Restore(JsonObject obj, JsonNode? managedFields)
    {
        if (managedFields is not null) (Metadata(obj) ?? Added(obj))["managedFields"] = managedFields.DeepClone();
        else Metadata(obj)?.Remove("managedFields");
    }

    private static JsonObject Added(JsonObject obj)
    {
        var metadata = new JsonObject();
        obj["metadata"] = metadata;
        return metadata;
    }

    private static JsonObject? Metadata(JsonObject obj) => obj.TryGetPropertyValue("metadata", out var node) ? node as JsonObject : null;

    private string Now() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Describe(JsonObject applied)
    {
        var metadata = Metadata(applied) ?? [];
        var (name, space) = (Text(metadata, "name"), Text(metadata, "namespace"));
        return $"{space}/{name}; {Described(Text(applied, "apiVersion"))}, Kind={Text(applied, "kind")}";
    }

    /// <summary>Go shows group and version with a slash, also where there is no group.</summary>
    private static string Described(string apiVersion) => apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion : "/" + apiVersion;

    private static string Text(JsonObject obj, string name) => obj[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static Schema WithObjectMeta(Schema schema)
    {
        if (BuiltInSchemas.Find(BuiltInSchemas.ObjectMetaName) is not { } objectMeta || schema.Field("metadata")?.DefinitionName == objectMeta.DefinitionName) return schema;
        var properties = new SchemaProperties();
        foreach (var (name, property) in schema.Properties)
            if (name != "metadata") properties.Add(name, property);
        properties.Add("metadata", objectMeta);
        foreach (var name in new[] { "apiVersion", "kind" })
            if (properties.Find(name) is null) properties.Add(name, new Schema { Type = SchemaType.String });
        return schema with { Properties = properties };
    }
}

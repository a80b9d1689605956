using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Apply;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Makes the field ownership of a request: of an ordinary write, or of a server-side apply. There is one <see cref="FieldManager"/> for each subresource of a served resource.</summary>
internal sealed class FieldManagers
{
    private static readonly Schema ScaleSchema = BuiltInSchemas.Get("io.k8s.api.autoscaling.v1.Scale");

    private readonly TimeProvider time;
    private readonly ConditionalWeakTable<ServedResource, ConcurrentDictionary<string, FieldManager>> managers = [];

    public FieldManagers(TimeProvider time)
    {
        this.time = time;
        Update = new TrackedFields(this);
    }

    /// <summary>Creates, updates, and patches other than apply.</summary>
    public FieldOwnership Update { get; }

    public AppliedFields Apply(WriteContext write, ReadOnlyMemory<byte> json) => new(Of(write), write, json);

    /// <summary>Of a Scale, whatever it is the scale of.</summary>
    public AppliedFields ApplyScale(WriteContext write, ReadOnlyMemory<byte> json) => new(new(ScaleSchema, ScaleFields.ScaleVersion, "Scale", write.Target.Subresource, FieldSet.Empty, time), write, json);

    private FieldManager Of(WriteContext write)
    {
        var perSubresource = managers.GetValue(write.Resource, static _ => new());
        return perSubresource.GetOrAdd(write.Target.Subresource, Make, (write.Resource, time));

        static FieldManager Make(string subresource, (ServedResource Resource, TimeProvider Time) of)
        {
            return new(of.Resource.Schema, of.Resource.ApiVersion, of.Resource.Kind, subresource, ResetFields.Of(of.Resource, subresource), of.Time);
        }
    }

    private sealed class TrackedFields(FieldManagers owner) : FieldOwnership
    {
        public override void OnCreate(WriteContext write, JsonObject obj) => owner.Of(write).Update(null, obj, write.Options.FieldManager);

        public override void OnUpdate(WriteContext write, JsonObject obj, JsonObject old) => owner.Of(write).Update(old, obj, write.Options.FieldManager);
    }
}

/// <summary>One server-side apply: who owns what is settled when the configuration is laid over the object, so later steps leave managedFields alone.</summary>
internal sealed class AppliedFields : FieldOwnership
{
    private readonly FieldManager manager;
    private readonly WriteContext write;
    private readonly JsonObject configuration;
    private readonly IReadOnlyList<string> findings;

    /// <exception cref="StatusException">400: the configuration is no object.</exception>
    public AppliedFields(FieldManager manager, WriteContext write, ReadOnlyMemory<byte> json)
    {
        this.manager = manager;
        this.write = write;
        var read = Read(json.Span);
        configuration = read.Root switch
        {
            null => [],
            JsonObject fields => fields,
            var other => throw Refusals.BadRequest($"error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {(other is JsonArray ? "array" : "string")} into Go value of type map[string]interface {{}}"),
        };
        // Upstream reads YAML, in which a JSON text is one line.
        findings = [.. write.Options.Findings, .. read.DuplicateFields.Select(path => $"line 1: key \"{path[(path.LastIndexOf('.') + 1)..]}\" already set in map")];
        write.Patched = () => configuration.ToJsonString();
    }

    /// <summary>The first state of an object that is created by being applied.</summary>
    public JsonObject NewObject()
    {
        var created = manager.Apply(null, configuration, write.Options.FieldManager, write.Options.Force);
        JudgeText();
        var metadata = created.Metadata();
        if (metadata.Text("uid") is { Length: > 0 } uid)
            throw Refusals.Conflict(write.Target.Group, write.Target.Resource, write.Target.Name, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        BodyDecoder.RequireIdentity(write, created, named: true);
        return created;
    }

    /// <summary>The configuration laid over the stored object.</summary>
    /// <exception cref="StatusException">409: fields of other managers.</exception>
    public NextState Merge(StoredObject stored, JsonObject old)
    {
        var merged = manager.Apply(old, configuration, write.Options.FieldManager, write.Options.Force);
        JudgeText();
        ObjectPatch.RequireSameName(write, merged, old);
        var named = configuration.Child("metadata")?.Text("resourceVersion") ?? "";
        return new(merged, named is "" or "0" ? null : RevisionRules.Parse(named), []);
    }

    public override void OnCreate(WriteContext write, JsonObject obj)
    {
        // Already recorded.
    }

    public override void OnUpdate(WriteContext write, JsonObject obj, JsonObject old)
    {
        // Already recorded.
    }

    private static ReadJson Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonObjectReader.Read(json);
        }
        catch (JsonException e)
        {
            throw Refusals.BadRequest($"error decoding YAML: error converting YAML to JSON: yaml: {GoJsonError.Of(json) ?? e.Message}");
        }
    }

    private void JudgeText()
    {
        if (findings.Count == 0 || write.Options.FieldValidation == "Ignore") return;
        if (write.Options.FieldValidation == "Strict")
            throw Refusals.BadRequest($"error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {string.Join("\n  ", findings)}");
        write.Warnings.AddRange(findings);
    }
}

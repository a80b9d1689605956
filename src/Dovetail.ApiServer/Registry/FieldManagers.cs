using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Apply;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>Makes the field ownership of a request: of an ordinary write, or of a server-side apply. There is one <see cref="FieldManager"/> for each subresource of a served resource.</summary>
internal sealed class FieldManagers
{
    private static readonly FieldSet Status = FieldSet.Of(["f:status"]);

    // A status write changes neither what is asked for nor, for custom resources, labels and the like.
    private static readonly FieldSet AllButStatus = FieldSet.Of(["f:spec"]);

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

    private FieldManager Of(WriteContext write)
    {
        var perSubresource = managers.GetValue(write.Resource, static _ => new());
        return perSubresource.GetOrAdd(write.Target.Subresource, Make, (write.Resource, time));

        static FieldManager Make(string subresource, (ServedResource Resource, TimeProvider Time) of)
        {
            var reset = subresource == "status" ? AllButStatus : subresource.Length == 0 && of.Resource.HasStatus ? Status : FieldSet.Empty;
            return new(of.Resource.Schema, of.Resource.ApiVersion, subresource, reset, of.Time);
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

    /// <exception cref="StatusException">400: the configuration is no object of this kind, or names another object.</exception>
    public AppliedFields(FieldManager manager, WriteContext write, ReadOnlyMemory<byte> json)
    {
        this.manager = manager;
        this.write = write;
        (configuration, Duplicates) = BodyDecoder.Decode(write, json, write.Resource.Kind, write.Resource.ApiVersion);
        BodyDecoder.RequireIdentity(write, configuration, named: true);
        // What the type does not know is judged here: ownership of it could not be told.
        var unknown = SchemaWalk.Run(write.Resource.Schema, configuration, SchemaPasses.Prune).UnknownFields;
        FieldValidation.Judge(write, Duplicates, unknown);
    }

    public IReadOnlyList<string> Duplicates { get; }

    /// <summary>The first state of an object that is created by being applied.</summary>
    public JsonObject NewObject() => manager.Apply(null, configuration, write.Options.FieldManager, write.Options.Force);

    /// <summary>The configuration laid over the stored object.</summary>
    /// <exception cref="StatusException">409: fields of other managers.</exception>
    public NextState Merge(StoredObject stored, JsonObject old)
    {
        var named = configuration.Metadata().Text("resourceVersion");
        if (configuration.Metadata().Text("uid") is { Length: > 0 } uid && uid != old.Metadata().Text("uid"))
        {
            throw Refusals.Conflict(
                write.Target.Group, write.Target.Resource, write.Target.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {old.Metadata().Text("uid")}");
        }

        return new(manager.Apply(old, configuration, write.Options.FieldManager, write.Options.Force), named.Length == 0 ? null : ObjectReader.Revision(named), []);
    }

    public override void OnCreate(WriteContext write, JsonObject obj)
    {
        // Already recorded.
    }

    public override void OnUpdate(WriteContext write, JsonObject obj, JsonObject old)
    {
        // Already recorded.
    }
}

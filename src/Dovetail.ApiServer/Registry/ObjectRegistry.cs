using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Certificates;
using Dovetail.ApiServer.Crds;
using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Registry.Pods;
using Dovetail.ApiServer.Registry.ServiceAddresses;
using Dovetail.ApiServer.Registry.Strategies;
using Dovetail.ApiServer.Security;
using Dovetail.ApiServer.Security.Nodes;
using Dovetail.ApiServer.Security.Tokens;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>What the registry is made of; everything that is not determined by its input comes from here.</summary>
public sealed record ObjectRegistryOptions
{
    public required IRevisionStore Store { get; init; }

    public required TimeProvider Time { get; init; }

    public ImmutableArray<IAdmissionPlugin> Admission { get; init; } = [];

    public Randomness Randomness { get; init; } = Randomness.System;

    /// <summary>Who decides what a user may do.</summary>
    public AuthorizationModes Authorization { get; init; } = AuthorizationModes.Default;

    /// <summary>Whether nodes may write their own Node and their own pods alone.</summary>
    public bool RestrictNodes { get; init; } = true;

    /// <summary>Addresses of services, IPv4.</summary>
    public IPNetwork ServiceRange { get; init; } = ServiceAddresses.ServiceRange.Default;

    /// <summary>Null: there are none.</summary>
    public TokenFile? StaticTokens { get; init; }

    /// <summary>What signs tokens of service accounts; null: keys that live as long as the registry.</summary>
    public TokenKeys? TokenKeys { get; init; }

    /// <summary>Names of CRDs whose CEL rules are accepted because an admission plugin enforces them (the platform's own).</summary>
    public ImmutableHashSet<string> TrustedCelRules { get; init; } = [];
}

/// <summary>The API without HTTP: every resource, every verb. It starts no task and reads no clock of its own, so that it runs the same under a simulated scheduler.</summary>
public sealed class ObjectRegistry : IObjectApi
{
    private const int WriteAttempts = 10;
    private const int UpsertAttempts = 10;

    private readonly IRevisionStore store;
    private readonly ObjectReader reader;
    private readonly PastReader past;
    private readonly ObjectWatcher watcher;
    private readonly ObjectWriter writer;
    private readonly ObjectDeleter deleter;
    private readonly Subresources subresources;
    private readonly ScaleSubresource scale;
    private readonly AccessReviews reviews;
    private readonly FieldManagers fieldManagers;
    private readonly CrdCatalog crds;
    private readonly ComponentStatuses components = new();

    public ObjectRegistry(ObjectRegistryOptions options)
    {
        store = options.Store;
        Authorizer = new PlatformAuthorizer(store, options.Authorization);
        var bytes = new ObjectBytesReader();
        var admission = new AdmissionChain([.. options.RestrictNodes ? [new NodeRestriction(store)] : ImmutableArray<IAdmissionPlugin>.Empty, .. options.Admission, new EscalationGuard(store, Authorizer), new SigningRequestAdmission(Authorizer, options.Time)]);
        crds = new CrdCatalog(store, options.TrustedCelRules, options.Time);
        reader = new(store, bytes, options.Time);
        watcher = new(store, bytes, options.Time, (target, watch) => Admit(target, "watch", watch.FieldSelector), crds.LifeOf);
        past = new(store, bytes);
        fieldManagers = new FieldManagers(options.Time);
        writer = new(store, bytes, new DraftProcessor(admission, crds, options.Time, options.Randomness), new NamespaceGate(store), new ServiceAllocations(store, new ServiceRange(options.ServiceRange), options.Randomness), options.Randomness);
        deleter = new(store, bytes, admission, options.Time);
        var keys = options.TokenKeys;
        Tokens = new(
            options.StaticTokens,
            new BootstrapTokens(store, options.Time),
            new ServiceAccountTokens(store, new Lazy<TokenKeys>(() => keys ?? TokenKeys.Ephemeral()), options.Time, options.Randomness));
        subresources = new(new PodBindings(writer, options.Time), new PodEvictions(store, writer, deleter, admission, options.Time), new TokenRequests(store, admission, Tokens.Accounts, options.Time));
        scale = new(reader, writer, fieldManagers, () => crds.Current);
        reviews = new(Authorizer, Tokens, options.Time);
    }

    /// <summary>Who may do what, by the roles and bindings that the store holds at that moment.</summary>
    public IAuthorizer Authorizer { get; }

    /// <summary>Issues tokens of service accounts.</summary>
    public ServiceAccountTokens AccountTokens => Tokens.Accounts;

    internal BearerTokens Tokens { get; }

    /// <summary>What is served now.</summary>
    public ResourceCatalog Catalog => crds.Current;

    /// <summary>Makes what exists from the start: Kubernetes' own namespaces, roles and bindings. Run twice it writes nothing.</summary>
    public Task BootstrapAsync(CancellationToken ct) => new BootstrapReconciler(this, store).EnsureAsync(ct);

    public ValueTask<ObjectBytes> GetAsync(ObjectTarget target, string resourceVersion, CancellationToken ct)
    {
        var resource = Admit(target, "get");
        if (ComponentStatuses.Are(resource)) return new(components.Get(target));
        if (target.Subresource.Length == 0 || resource.Subresources[target.Subresource].IsObjectOf(resource)) return new(reader.Get(resource, target, resourceVersion));
        return target.Subresource == "scale" ? new(scale.Get(resource, target)) : throw NotServed(target, "get");
    }

    public async ValueTask<ObjectListing> ListAsync(ObjectTarget target, ListOptions options, CancellationToken ct)
    {
        var resource = Admit(target, "list", options.FieldSelector);
        if (ComponentStatuses.Are(resource)) return components.List(resource, target, options, store.Current.Revision);
        if (options.AsOf.Length > 0) options = await past.AtAsync(options, ct);
        return await reader.ListAsync(resource, target, options, ct);
    }

    /// <summary>The object as it was at a past moment (RFC 3339) or revision.</summary>
    public ValueTask<ObjectBytes> GetAsOfAsync(ObjectTarget target, string asOf, CancellationToken ct)
    {
        var resource = Admit(target, "get");
        return target.Subresource.Length == 0 ? past.GetAsync(resource, target, asOf, ct) : throw Refusals.BadRequest("asOf is for objects and lists, not for subresources");
    }

    /// <summary>The states that the object had, newest first, as far back as history reaches.</summary>
    public ValueTask<ImmutableArray<PastObject>> StatesAsync(ObjectTarget target, long limit, CancellationToken ct) => past.StatesAsync(Admit(target, "get"), target, limit, ct);

    public IAsyncEnumerable<ObjectEvent> WatchAsync(ObjectTarget target, WatchOptions options, CancellationToken ct) => watcher.WatchAsync(target, options, ct);

    /// <summary>The same for a reader that keeps thousands of them.</summary>
    /// <exception cref="StatusException">The watch is refused.</exception>
    internal ObjectWatch OpenWatch(ObjectTarget target, WatchOptions options) => watcher.Open(target, options);

    public ValueTask<WriteResult> CreateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) =>
        WriteAsync(target, "create", options, write => CreateAsync(write, json, ct));

    public ValueTask<WriteResult> UpdateAsync(ObjectTarget target, ReadOnlyMemory<byte> json, WriteOptions options, CancellationToken ct) =>
        WriteAsync(target, "update", options, write => UpdateAsync(write, json, ct));

    public ValueTask<WriteResult> PatchAsync(ObjectTarget target, PatchType type, ReadOnlyMemory<byte> patch, WriteOptions options, CancellationToken ct) =>
        WriteAsync(target, "patch", options, write => PatchAsync(write, type, patch, ct));

    public async ValueTask<WriteResult> DeleteAsync(ObjectTarget target, DeleteOptions options, CancellationToken ct)
    {
        var resource = Admit(target, "delete");
        if (target.Subresource.Length > 0) throw NotServed(target, "delete");
        var result = await deleter.DeleteAsync(resource, target, options, ct);
        crds.Notice(resource);
        return result;
    }

    public async ValueTask<ObjectListing> DeleteCollectionAsync(ObjectTarget target, ListOptions selection, DeleteOptions options, CancellationToken ct)
    {
        var resource = Admit(target, "deletecollection");
        var listing = await reader.ListAsync(resource, target, selection, ct);
        // Many at once, so that the store commits them in groups.
        foreach (var chunk in listing.Items.Chunk(128)) await Task.WhenAll(chunk.Select(item => DeleteListedAsync(resource, target, item, options, ct)));
        crds.Notice(resource);
        return listing;
    }

    private async Task DeleteListedAsync(ServedResource resource, ObjectTarget target, ObjectBytes item, DeleteOptions options, CancellationToken ct)
    {
        var one = target with
        {
            Namespace = StoredJson.Text(item.Json.Span, ["metadata", "namespace"]),
            Name = StoredJson.Text(item.Json.Span, ["metadata", "name"]),
        };
        try
        {
            await deleter.DeleteAsync(resource, one, options, ct);
        }
        catch (StatusException e) when (e.Status.Reason == "NotFound")
        {
            // It went by itself between the list and its turn.
        }
    }

    /// <summary>Runs a write, again when what it was decided by has changed meanwhile. Who is refused hears of what else is doubtful, too.</summary>
    private async ValueTask<WriteResult> WriteAsync(ObjectTarget target, string verb, WriteOptions options, Func<WriteContext, ValueTask<WriteResult>> act)
    {
        for (var attempt = 1; ; attempt++)
        {
            var write = Begin(target, verb, options);
            try
            {
                return await act(write);
            }
            catch (OvertakenException)
            {
                if (attempt == WriteAttempts) throw Refusals.TooManyRequests("the namespace or the definition of the object keeps changing, please try again later.", 1);
                crds.Refresh();
            }
            catch (StatusException refusal) when (write.Warnings.Count > 0)
            {
                throw new StatusException(refusal.Status) { Warnings = [.. write.Warnings] };
            }
        }
    }

    private async ValueTask<WriteResult> CreateAsync(WriteContext write, ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        if (write.Resource is { Virtual: true, Kind: "Binding" }) return await subresources.BindAsync(write, json, fieldManagers.Update, ct);
        if (write.Resource.Virtual) return reviews.Answer(write, json);
        if (write.Target.Subresource.Length > 0) return await subresources.CreateAsync(write, json, fieldManagers.Update, ct);
        var (obj, findings) = BodyDecoder.Decode(write, json, write.Resource.Kind, write.Resource.ApiVersion);
        BodyDecoder.RequireIdentity(write, obj, named: false);
        crds.RequireCreatable(write, obj.Metadata().Text("name"));
        return Noticed(write, await writer.CreateAsync(write, obj, findings, fieldManagers.Update, ct));
    }

    private async ValueTask<WriteResult> UpdateAsync(WriteContext write, ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        if (write.Target.Subresource == "scale") return await scale.UpdateAsync(write, json, ct);
        var (obj, duplicates) = BodyDecoder.Decode(write, json, write.Resource.Kind, write.Resource.ApiVersion);
        BodyDecoder.RequireIdentity(write, obj, named: true);
        var revision = RequireRevision(write, obj);
        if (revision is not null || write.Target.Subresource.Length > 0 || !ResourceStrategy.Of(write.Resource).CreatesOnUpdate) return await UpdateAsync();
        return await UpsertAsync(write, () => writer.CreateAsync(write, (JsonObject)obj.DeepClone(), duplicates, fieldManagers.Update, ct), UpdateAsync);

        async ValueTask<WriteResult> UpdateAsync() =>
            Noticed(write, await writer.UpdateAsync(write, (_, _) => new((JsonObject)obj.DeepClone(), revision, duplicates), fieldManagers.Update, ct));
    }

    private async ValueTask<WriteResult> PatchAsync(WriteContext write, PatchType type, ReadOnlyMemory<byte> patch, CancellationToken ct)
    {
        if (write.Target.Subresource == "scale") return await scale.PatchAsync(write, type, patch, ct);
        if (type != PatchType.ApplyYaml) return Noticed(write, await writer.UpdateAsync(write, ObjectPatch.Of(write, type, patch), fieldManagers.Update, ct));
        var apply = fieldManagers.Apply(write, patch);
        if (write.Target.Subresource.Length > 0) return await MergeAsync();
        return await UpsertAsync(write, () => writer.CreateAsync(write, apply.NewObject(), [], apply, ct), MergeAsync);

        async ValueTask<WriteResult> MergeAsync() => Noticed(write, await writer.UpdateAsync(write, apply.Merge, apply, ct));
    }

    /// <summary>Creates what is not there, updates what is; whoever comes or goes in between is met as he is then.</summary>
    private async ValueTask<WriteResult> UpsertAsync(WriteContext write, Func<ValueTask<WriteResult>> create, Func<ValueTask<WriteResult>> update)
    {
        for (var attempt = 1; ; attempt++)
        {
            write.Warnings.Clear();
            write.Guards.Clear();
            var exists = Exists(write);
            try
            {
                if (exists) return await update();
                Authorise(write.Target, "create");
                crds.RequireCreatable(write, write.Target.Name);
                return Noticed(write, await create());
            }
            catch (StatusException e) when (e.Status.Reason == (exists ? "NotFound" : "AlreadyExists") && exists != Exists(write) && attempt < UpsertAttempts)
            {
                // The other way, then.
            }
        }
    }

    private WriteContext Begin(ObjectTarget target, string verb, WriteOptions options)
    {
        // Whoever does not name itself as a manager of fields is called by its user's name.
        return new(Admit(target, verb), target, options.FieldManager.Length > 0 ? options : options with { FieldManager = target.User.Name });
    }

    /// <summary>Whether the user may, then whether there is such a thing: who may not is not told what exists.</summary>
    private ServedResource Admit(ObjectTarget target, string verb, string fieldSelector = "")
    {
        Authorise(target, verb, fieldSelector);
        var resource = Catalog.Find(target.Group, target.Version, target.Resource) ?? throw Refusals.UnknownResource();
        if (target.Subresource.Length > 0 && (!resource.Subresources.TryGetValue(target.Subresource, out var subresource) || subresource.Connects))
            throw Refusals.UnknownResource();
        var verbs = target.Subresource.Length == 0 ? resource.Verbs : (IReadOnlyCollection<string>)resource.Subresources[target.Subresource].Verbs;
        if (!verbs.Contains(verb)) throw NotServed(target, verb);
        if (!resource.Namespaced && target.Namespace.Length > 0) throw Refusals.UnknownResource();
        if (resource.Namespaced && target.Namespace.Length == 0 && !resource.Virtual && verb is not ("list" or "watch" or "deletecollection"))
            throw target.Name.Length > 0 ? Refusals.UnknownResource() : Refusals.BadRequest("an empty namespace may not be set during creation");
        return resource;
    }

    private void Authorise(ObjectTarget target, string verb, string fieldSelector = "") => Authorizer.Require(AccessRequests.Of(target, verb, fieldSelector));

    private bool Exists(WriteContext write) => store.Current.Find(ObjectReader.KeyOf(write.Resource, write.Target)) is not null;

    /// <summary>The resourceVersion that an update names; some kinds must name one when there is something to replace.</summary>
    private long? RequireRevision(WriteContext write, JsonObject obj)
    {
        var text = obj.Metadata().Text("resourceVersion");
        if (text is not ("" or "0")) return RevisionRules.Parse(text);
        return Exists(write) ? RevisionRules.Unnamed(write) : null;
    }

    private WriteResult Noticed(WriteContext write, WriteResult result)
    {
        if (!write.Options.DryRun) crds.Notice(write.Resource);
        return result;
    }

    private static StatusException NotServed(ObjectTarget target, string verb) => Refusals.VerbNotSupported(
        target.Group, target.Subresource.Length == 0 ? target.Resource : $"{target.Resource}/{target.Subresource}", verb);
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Crds;

/// <summary>Keeps the catalog in step with the CRDs in the store. A CRD is judged and established in the write that creates it, and served before that write is answered.</summary>
internal sealed class CrdCatalog
{
    public const string StoreName = "customresourcedefinitions.apiextensions.k8s.io";

    private readonly IRevisionStore store;
    private readonly ImmutableHashSet<string> enforcedCel;
    private readonly TimeProvider time;
    private readonly Lock refreshing = new();
    private volatile ImmutableDictionary<string, (long Revision, CrdDefinition Definition)> known = ImmutableDictionary<string, (long, CrdDefinition)>.Empty;
    private volatile ResourceCatalog current = ResourceCatalog.BuiltIn;
    private volatile ImmutableHashSet<string> terminating = [];
    private volatile ImmutableDictionary<string, ServedLife> lives = ImmutableDictionary<string, ServedLife>.Empty;

    public CrdCatalog(IRevisionStore store, ImmutableHashSet<string> enforcedCel, TimeProvider time)
    {
        this.store = store;
        this.enforcedCel = enforcedCel;
        this.time = time;
        Refresh();
    }

    public ResourceCatalog Current => current;

    /// <summary>The life of a custom resource under its present definition, by its name in the store; null for built-in resources and what is not served.</summary>
    public ServedLife? LifeOf(string storeName) => lives.GetValueOrDefault(storeName);

    /// <summary>A write to a resource has ended: when it was CRDs, what is served may be different now.</summary>
    public void Notice(ServedResource written)
    {
        if (written.StoreName == StoreName) Refresh();
    }

    /// <summary>Lets pass, and sees to it that the resource is still defined the same when the object is committed.</summary>
    /// <exception cref="StatusException">403: the resource's CRD is being deleted.</exception>
    public void RequireCreatable(WriteContext write, string name)
    {
        var resource = write.Resource;
        if (resource.Custom) write.Guards.Add(new(new ObjectKey(StoreName, "", resource.StoreName), RevisionOf(resource)));
        if (terminating.Contains(resource.StoreName))
            throw Refusals.Forbidden(resource.Group, resource.Plural, name, "create not allowed while custom resource definition is terminating");
    }

    /// <summary>The revision of the CRD that a resource was read from; one that no CRD has when that is no longer the present one.</summary>
    private long RevisionOf(ServedResource resource) =>
        known.TryGetValue(resource.StoreName, out var crd) && crd.Definition.Versions.Any(v => ReferenceEquals(v.Resource, resource)) ? crd.Revision : -1;

    /// <summary>Adds what is wrong with a CRD, and when nothing is, writes the status that follows from it.</summary>
    public void Judge(JsonObject crd, JsonObject? old, List<StatusCause> causes)
    {
        CrdValidation.Validate(crd, old, enforcedCel.Contains(crd.Metadata().Text("name")), causes);
        if (causes.Count > 0) return;
        var now = time.GetUtcNow();
        var spec = crd.Child("spec")!;
        var conflict = Conflict(crd.Metadata().Text("name"), spec);
        var accepted = conflict is null;
        CrdConditions.Set(crd, CrdConditions.NamesAccepted, accepted, conflict?.Reason ?? "NoConflicts", conflict?.Message ?? "no conflicts found", now);
        // Once established a CRD stays so.
        if (accepted) CrdConditions.Set(crd, CrdConditions.Established, true, "InitialNamesAccepted", "the initial names have been accepted", now);
        else if (!CrdConditions.IsTrue(crd, CrdConditions.Established)) CrdConditions.Set(crd, CrdConditions.Established, false, "NotAccepted", "not all names are accepted", now);
        if (crd.Metadata().Child("annotations")?.Text("api-approved.kubernetes.io") is { Length: > 0 } approval)
        {
            var approved = !approval.StartsWith("unapproved", StringComparison.Ordinal);
            if (spec.Text("group").EndsWith(".k8s.io", StringComparison.Ordinal) || spec.Text("group").EndsWith(".kubernetes.io", StringComparison.Ordinal))
                CrdConditions.Set(crd, CrdConditions.Approved, approved, approved ? "ApprovedAnnotation" : "UnapprovedAnnotation", approved ? $"approved in {approval}" : $"not approved: \"{approval}\"", now);
        }

        if (crd.IsTerminating()) CrdConditions.Set(crd, CrdConditions.Terminating, true, "InstanceDeletionInProgress", "CustomResource deletion is in progress", now);
        var status = crd.Child("status")!;
        status["acceptedNames"] = accepted ? spec.Child("names")!.DeepClone() : old?.Child("status")?["acceptedNames"]?.DeepClone() ?? new JsonObject { ["kind"] = "", ["plural"] = "" };
        var storage = ((JsonArray)spec["versions"]!).OfType<JsonObject>().First(v => v.Flag("storage") == true).Text("name");
        if (!status.Strings("storedVersions").Contains(storage))
            status["storedVersions"] = new JsonArray([.. status.Strings("storedVersions").Append(storage).Select(v => JsonValue.Create(v))]);
    }

    /// <summary>Another CRD of the group that has one of the names already.</summary>
    private (string Reason, string Message)? Conflict(string name, JsonObject spec)
    {
        var (group, names) = (spec.Text("group"), spec.Child("names")!);
        foreach (var (other, (_, definition)) in known)
        {
            if (other == name || !definition.Established || definition.Versions.IsEmpty || definition.Versions[0].Resource.Group != group) continue;
            var taken = definition.Versions[0].Resource;
            string[] words = [taken.Plural, taken.Singular, .. taken.ShortNames];
            foreach (var (field, reason) in new[] { ("plural", "PluralConflict"), ("singular", "SingularConflict") })
            {
                if (words.Contains(names.Text(field))) return (reason, $"\"{names.Text(field)}\" is already in use");
            }

            if (names.Strings("shortNames").FirstOrDefault(words.Contains) is { } shortName) return ("ShortNamesConflict", $"\"{shortName}\" is already in use");
            if (names.Text("kind") is var kind && (kind == taken.Kind || kind == taken.ListKind)) return ("KindConflict", $"\"{kind}\" is already in use");
        }

        return null;
    }

    /// <summary>Serves what is defined now.</summary>
    public void Refresh()
    {
        lock (refreshing)
        {
            var next = ImmutableDictionary.CreateBuilder<string, (long, CrdDefinition)>();
            var changed = false;
            var (before, snapshot) = (known, store.Current);
            foreach (var stored in snapshot.List(StoreName))
            {
                if (known.TryGetValue(stored.Key.Name, out var entry) && entry.Revision == stored.Revision) next.Add(stored.Key.Name, entry);
                else
                {
                    next.Add(stored.Key.Name, (stored.Revision, CrdReader.Read(stored.Bytes)));
                    changed = true;
                }
            }

            if (!changed && next.Count == known.Count) return;
            known = next.ToImmutable();
            var definitions = known.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Value.Definition).Where(d => d.Established).ToArray();
            terminating = [.. definitions.Where(d => d.Terminating && !d.Versions.IsEmpty).Select(d => d.Versions[0].Resource.StoreName)];
            current = current.WithCustom([.. definitions.SelectMany(d => d.Versions)]);
            Renew(before, snapshot.Revision);
        }
    }

    /// <summary>Ends the lives of definitions that are gone or have another spec now, and begins those of the new ones.</summary>
    private void Renew(ImmutableDictionary<string, (long Revision, CrdDefinition Definition)> before, long revision)
    {
        var next = lives.ToBuilder();
        List<ServedLife> over = [];
        foreach (var (name, (_, old)) in before)
        {
            if (known.TryGetValue(name, out var entry) && entry.Definition.Identity == old.Identity) continue;
            if (next.Remove(name, out var life)) over.Add(life);
        }

        foreach (var name in known.Keys.Where(name => !next.ContainsKey(name))) next.Add(name, new ServedLife());
        lives = next.ToImmutable();
        foreach (var life in over) life.End(revision);
    }
}

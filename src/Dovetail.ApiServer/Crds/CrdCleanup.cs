using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Crds;

/// <summary>
/// What follows from a CRD's deletion: its objects are taken away, and when the last is gone (their finalizers run) the CRD is let go; a CRD that waited for its names has them then.
/// No CRD waits for another one's objects.
/// </summary>
public sealed class CrdCleanup(ObjectRegistry registry, ILogger<CrdCleanup> log, TimeProvider time)
{
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(1);
    private static readonly UserInfo User = UserInfo.Component("apiserver");
    private static readonly ObjectTarget Crds = new() { User = User, Group = "apiextensions.k8s.io", Version = "v1", Resource = "customresourcedefinitions" };
    private static readonly WriteOptions Options = new() { FieldManager = "dovetail-apiserver" };

    /// <summary>CRDs whose deletion has been told.</summary>
    private readonly HashSet<string> told = new(StringComparer.Ordinal);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var listing = await registry.ListAsync(Crds, new ListOptions(), ct);
                var waits = false;
                foreach (var crd in listing.Items) waits |= !await IsSettledAsync(crd, ct);
                await ChangedAsync(listing.Revision, waits, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                CrdCleanupLog.Failed(log, e);
                await Task.Delay(Recheck, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Ends when a CRD has changed since, or, when something is waited for, soon.</summary>
    private async Task ChangedAsync(long revision, bool waits, CancellationToken ct)
    {
        var since = new WatchOptions { ResourceVersion = revision.ToString(CultureInfo.InvariantCulture), SendInitialEvents = false, Timeout = waits ? Recheck : null };
        await foreach (var _ in registry.WatchAsync(Crds, since, ct)) return;
    }

    /// <returns>False: it is to be looked at again without having changed.</returns>
    private async Task<bool> IsSettledAsync(ObjectBytes bytes, CancellationToken ct)
    {
        try
        {
            return await SettleAsync(bytes, ct);
        }
        catch (StatusException e)
        {
            // Somebody refuses that an object goes: the others' CRDs go on.
            CrdCleanupLog.Failed(log, e);
            return false;
        }
    }

    private async Task<bool> SettleAsync(ObjectBytes bytes, CancellationToken ct)
    {
        if (StoredJson.Text(bytes.Json.Span, ["metadata", "deletionTimestamp"]).Length > 0) return await CleanAsync(StoredJson.Tree(bytes.Json.Span), ct);
        var crd = StoredJson.Tree(bytes.Json.Span);
        if (CrdConditions.IsTrue(crd, CrdConditions.NamesAccepted)) return true;
        await WriteAsync(crd, ct); // it is judged anew, and stays as it is while its names are taken
        return false;
    }

    private async Task<bool> CleanAsync(JsonObject crd, CancellationToken ct)
    {
        if (!crd.Metadata().Strings("finalizers").Contains(CrdStrategy.CleanupFinalizer)) return true;
        var spec = crd.Child("spec")!;
        var version = ((JsonArray)spec["versions"]!).OfType<JsonObject>().FirstOrDefault(v => v.Flag("served") == true)?.Text("name") ?? "";
        var objects = new ObjectTarget { User = User, Group = spec.Text("group"), Version = version, Resource = spec.Child("names")!.Text("plural") };
        var name = crd.Metadata().Text("name");
        if (registry.Catalog.Find(objects.Group, objects.Version, objects.Resource) is not null && await HasAnyAsync(objects, ct))
        {
            if (told.Add(name)) CrdCleanupLog.Deleting(log, name);
            await registry.DeleteCollectionAsync(objects, new ListOptions(), new DeleteOptions(), ct);
            if (await HasAnyAsync(objects, ct)) return false;
        }

        told.Remove(name);
        await ReleaseAsync(name, ct);
        return true;
    }

    private async Task<bool> HasAnyAsync(ObjectTarget objects, CancellationToken ct) => (await registry.ListAsync(objects, new ListOptions { Limit = 1 }, ct)).Items.Count > 0;

    private async Task ReleaseAsync(string name, CancellationToken ct)
    {
        try
        {
            var current = StoredJson.Tree((await registry.GetAsync(Crds with { Name = name }, "", ct)).Json.Span);
            var kept = current.Metadata().Strings("finalizers").Where(f => f != CrdStrategy.CleanupFinalizer).ToArray();
            current.Metadata()["finalizers"] = new JsonArray([.. kept.Select(f => JsonValue.Create(f))]);
            await WriteAsync(current, ct);
        }
        catch (StatusException e) when (e.Status.Reason == "NotFound")
        {
            // Gone by itself.
        }
    }

    private async Task WriteAsync(JsonObject crd, CancellationToken ct)
    {
        try
        {
            await registry.UpdateAsync(Crds with { Name = crd.Metadata().Text("name") }, ObjectRenderer.Bytes(crd), Options, ct);
        }
        catch (StatusException e) when (e.Status.Reason is "NotFound" or "Conflict")
        {
            // Gone by itself, or changed since: the change is the watch's next event.
        }
    }
}

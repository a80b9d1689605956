using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Crds;

/// <summary>Takes the objects of a deleted CRD away, waits until the last is gone (their finalizers run), and lets the CRD go then.</summary>
public sealed class CrdCleanup(ObjectRegistry registry, ILogger<CrdCleanup> log, TimeProvider time)
{
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(1);
    private static readonly UserInfo User = UserInfo.Component("apiserver");
    private static readonly ObjectTarget Crds = new() { User = User, Group = "apiextensions.k8s.io", Version = "v1", Resource = "customresourcedefinitions" };

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in registry.WatchAsync(Crds, new WatchOptions(), ct))
                {
                    if (change.Type is ObjectEventType.Added or ObjectEventType.Modified) await CleanAsync(change.Object, ct);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                CrdCleanupLog.Failed(log, e);
                await PauseAsync(ct);
            }
        }
    }

    private async Task CleanAsync(ObjectBytes bytes, CancellationToken ct)
    {
        var crd = StoredJson.Tree(bytes.Json.Span);
        if (!crd.IsTerminating() || !crd.Metadata().Strings("finalizers").Contains(CrdStrategy.CleanupFinalizer)) return;
        var spec = crd.Child("spec")!;
        var version = ((JsonArray)spec["versions"]!).OfType<JsonObject>().FirstOrDefault(v => CrdReader.Flag(v, "served"))?.Text("name");
        var objects = new ObjectTarget { User = User, Group = spec.Text("group"), Version = version ?? "", Resource = spec.Child("names")!.Text("plural") };
        var name = crd.Metadata().Text("name");
        while (version is not null && registry.Catalog.Find(objects.Group, objects.Version, objects.Resource) is not null)
        {
            var left = await registry.ListAsync(objects, new ListOptions { Limit = 1 }, ct);
            if (left.Items.Count == 0) break;
            CrdCleanupLog.Deleting(log, name);
            await registry.DeleteCollectionAsync(objects, new ListOptions(), new DeleteOptions(), ct);
            left = await registry.ListAsync(objects, new ListOptions { Limit = 1 }, ct);
            if (left.Items.Count > 0) await Task.Delay(Recheck, time, ct);
        }

        await ReleaseAsync(name, ct);
    }

    private async Task ReleaseAsync(string name, CancellationToken ct)
    {
        try
        {
            var target = Crds with { Name = name };
            var current = StoredJson.Tree((await registry.GetAsync(target, "", ct)).Json.Span);
            var kept = current.Metadata().Strings("finalizers").Where(f => f != CrdStrategy.CleanupFinalizer).ToArray();
            current.Metadata()["finalizers"] = new JsonArray([.. kept.Select(f => JsonValue.Create(f))]);
            await registry.UpdateAsync(target, ObjectRenderer.Bytes(current), new WriteOptions { FieldManager = "dovetail-apiserver" }, ct);
        }
        catch (StatusException e) when (e.Status.Reason is "NotFound" or "Conflict")
        {
            // Gone by itself, or changed since: the change is the watch's next event.
        }
    }

    private async Task PauseAsync(CancellationToken ct)
    {
        try
        {
            await Task.Delay(Recheck, time, ct);
        }
        catch (OperationCanceledException)
        {
            // The loop's condition ends it.
        }
    }
}

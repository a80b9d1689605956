using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry.Pods;

/// <summary><c>pods/NAME/eviction</c>: a deletion that a PodDisruptionBudget may put off (upstream: <c>pkg/registry/core/pod/storage/eviction.go</c>).</summary>
internal sealed class PodEvictions(IRevisionStore store, ObjectWriter writer, ObjectDeleter deleter, AdmissionChain admission, TimeProvider time)
{
    /// <summary>As often as upstream looks again at a pod that changes meanwhile.</summary>
    private const int Attempts = 20;

    private readonly DisruptionBudgets budgets = new(store, writer, time);

    public async ValueTask<WriteResult> EvictAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct)
    {
        var eviction = BodyDecoder.DecodeAs(write, json, new("policy", "v1", "Eviction"));
        BodyDecoder.RequireIdentity(write, eviction, named: true);
        var asked = Options(eviction.Child("deleteOptions") ?? [], write.Options.DryRun);
        await AdmitAsync(write, eviction, asked.DryRun, ct);
        for (var attempt = 1; ; attempt++)
        {
            var pod = new EvictedPod(store.Current.Find(new("pods", write.Target.Namespace, write.Target.Name)) ?? throw Refusals.NotFound("", "pods", write.Target.Name));
            // What was seen of the pod has to hold until it goes, unless it has ended or ends anyway, or the client has said what has to hold.
            var named = asked.PreconditionResourceVersion.Length > 0;
            var seen = named ? asked : asked with { PreconditionResourceVersion = pod.Stored.Revision.ToString(CultureInfo.InvariantCulture) };
            if (!pod.CountsForBudgets)
            {
                try
                {
                    return await RemoveAsync(write, pod.IsEnding ? asked : seen, ownership, ct);
                }
                catch (StatusException e) when (e.Status.Reason == "Conflict" && !named && attempt < Attempts)
                {
                    continue;
                }
            }

            var budget = budgets.Of(pod);
            if (budget is null || await budgets.SpendAsync(budget, pod, asked.DryRun, ownership, ct)) return await RemoveAsync(write, asked, ownership, ct);
            try
            {
                return await RemoveAsync(write, seen, ownership, ct);
            }
            catch (StatusException e) when (e.Status.Reason == "Conflict" && !named)
            {
                throw DisruptionBudgets.Unsettled(budget.Name);
            }
        }
    }

    private static DeleteOptions Options(JsonObject options, bool dryRun)
    {
        var preconditions = options.Child("preconditions") ?? [];
        return new()
        {
            // kubectl drain --dry-run=server says so here.
            DryRun = dryRun || options.Strings("dryRun").Any(),
            GracePeriodSeconds = options.Number("gracePeriodSeconds"),
            PropagationPolicy = options.Text("propagationPolicy"),
            PreconditionUid = preconditions.Text("uid"),
            PreconditionResourceVersion = preconditions.Text("resourceVersion"),
        };
    }

    private async ValueTask AdmitAsync(WriteContext write, JsonObject eviction, bool dryRun, CancellationToken ct)
    {
        if (!admission.Handles(write.Target, AdmissionOperation.Create)) return;
        var request = AdmissionChain.Request(AdmissionOperation.Create, write.Target, eviction, null, dryRun);
        await admission.MutateAsync(request, write.Warnings, ct);
        await admission.ValidateAsync(request, write.Warnings, ct);
    }

    /// <summary>Writes into the pod why it goes, then deletes it.</summary>
    private async ValueTask<WriteResult> RemoveAsync(WriteContext write, DeleteOptions options, FieldOwnership ownership, CancellationToken ct)
    {
        if (!options.DryRun)
        {
            var status = new WriteContext(write.Resource, write.Target with { Subresource = "status" }, write.Options);
            var told = await writer.UpdateAsync(status, Tell, ownership, ct);
            if (options.PreconditionResourceVersion.Length > 0) options = options with { PreconditionResourceVersion = told.Object.Revision.ToString(CultureInfo.InvariantCulture) };
        }

        var deleted = await deleter.DeleteAsync(write.Resource, write.Target with { Subresource = "" }, options, ct);
        return deleted with { Object = new(deleted.Object.Revision, Subresources.Success), Created = true, Warnings = [.. write.Warnings.Concat(deleted.Warnings)] };

        NextState Tell(StoredObject stored, JsonObject old)
        {
            Preconditions.Of(options).Require(write.Target, old);
            var pod = (JsonObject)old.DeepClone();
            PodConditions.Set(pod, "DisruptionTarget", "True", time.GetUtcNow(), "EvictionByEvictionAPI", "Eviction API: evicting");
            return new(pod, null, []);
        }
    }
}

/// <summary>A pod as an eviction sees it.</summary>
internal sealed class EvictedPod(StoredObject stored)
{
    private readonly string phase = StoredJson.Text(stored.Bytes, ["status", "phase"]);

    public StoredObject Stored => stored;

    public string Namespace => stored.Key.Namespace;

    public string Name => stored.Key.Name;

    /// <summary>It has run to its end, or its deletion has begun.</summary>
    public bool IsEnding => phase is "Succeeded" or "Failed" || StoredJson.Text(stored.Bytes, ["metadata", "deletionTimestamp"]).Length > 0;

    /// <summary>Whether anybody relies on it: it runs.</summary>
    public bool CountsForBudgets => !IsEnding && phase != "Pending";

    public bool IsReady => PodConditions.Find(StoredJson.Tree(stored.Bytes), "Ready")?.Text("status") == "True";

    public IReadOnlyDictionary<string, string> Labels => StoredJson.Labels(stored.Bytes);
}

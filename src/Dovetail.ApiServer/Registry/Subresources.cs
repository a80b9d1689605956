using System.Text.Json.Nodes;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>The subresources that speak another kind than their object: binding and eviction of pods.</summary>
internal sealed class Subresources(IRevisionStore store, ObjectWriter writer, ObjectDeleter deleter, AdmissionChain admission, TokenRequests tokens, TimeProvider time)
{
    public async ValueTask<WriteResult> CreateAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct) => (write.Resource.StoreName, write.Target.Subresource) switch
    {
        ("pods", "binding") => await BindAsync(write, json, ownership, ct),
        ("pods", "eviction") => await EvictAsync(write, json, ownership, ct),
        ("serviceaccounts", "token") => await tokens.CreateAsync(write, json, ct),
        _ => throw Refusals.UnknownResource(),
    };

    /// <summary>Binds a pod to a node: the pod that the path names (<c>pods/binding</c>), or the one that the binding is called after (<c>bindings</c>).</summary>
    public async ValueTask<WriteResult> BindAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct)
    {
        var (binding, _) = BodyDecoder.Decode(write, json, "Binding", "v1");
        BodyDecoder.RequireIdentity(write, binding, named: write.Target.Name.Length > 0);
        if (write.Target.Name.Length == 0)
        {
            var name = binding.Metadata().Text("name");
            write = new(ResourceCatalog.BuiltIn.Find("", "v1", "pods")!, write.Target with { Resource = "pods", Subresource = "binding", Name = name }, write.Options);
        }

        if (binding.Child("target") is not { } node || node.Text("name").Length == 0 || node.Text("kind") is not ("" or "Node"))
            throw Refusals.Invalid("", "Binding", write.Target.Name, [new StatusCause("FieldValueRequired", "Required value: a Node is expected", "target.name")]);
        NextState Bind(StoredObject stored, JsonObject old)
        {
            var pod = (JsonObject)old.DeepClone();
            var spec = pod.Child("spec")!;
            if (pod.IsTerminating()) throw Refusals.Conflict("", "pods", write.Target.Name, $"pod {write.Target.Name} is being deleted, cannot be assigned to a host");
            if (spec.Text("nodeName") is { Length: > 0 } present) throw Refusals.Conflict("", "pods/binding", write.Target.Name, $"pod {write.Target.Name} is already assigned to node \"{present}\"");
            spec["nodeName"] = node.Text("name");
            Scheduled(pod);
            return new(pod, null, []);
        }

        var result = await writer.UpdateAsync(write, Bind, ownership, ct);
        return result with { Object = new(result.Object.Revision, Success), Created = true };
    }

    private void Scheduled(JsonObject pod)
    {
        var status = pod.Child("status") ?? [];
        pod["status"] = status;
        var conditions = status["conditions"] as JsonArray ?? [];
        status["conditions"] = conditions;
        var condition = conditions.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == "PodScheduled");
        if (condition is not null) conditions.Remove(condition);
        conditions.Add((JsonNode)new JsonObject
        {
            ["type"] = "PodScheduled",
            ["status"] = "True",
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = ObjectMeta.Timestamp(time.GetUtcNow()),
        });
    }

    private async ValueTask<WriteResult> EvictAsync(WriteContext write, ReadOnlyMemory<byte> json, FieldOwnership ownership, CancellationToken ct)
    {
        var (eviction, _) = BodyDecoder.Decode(write, json, "Eviction", "policy/v1");
        BodyDecoder.RequireIdentity(write, eviction, named: true);
        if (admission.Handles(write.Target, AdmissionOperation.Create))
        {
            var request = AdmissionChain.Request(AdmissionOperation.Create, write.Target, eviction, null, write.Options.DryRun);
            await admission.MutateAsync(request, write.Warnings, ct);
            await admission.ValidateAsync(request, write.Warnings, ct);
        }

        var pod = store.Current.Find(new("pods", write.Target.Namespace, write.Target.Name)) ?? throw Refusals.NotFound("", "pods", write.Target.Name);
        if (StoredJson.Text(pod.Bytes, ["status", "phase"]) is not ("Succeeded" or "Failed")) await SpendDisruptionAsync(write, pod, ownership, ct);
        var options = eviction.Child("deleteOptions") ?? [];
        var preconditions = options.Child("preconditions") ?? [];
        var deleted = await deleter.DeleteAsync(
            write.Resource,
            write.Target with { Subresource = "" },
            new DeleteOptions
            {
                DryRun = write.Options.DryRun,
                GracePeriodSeconds = options.Number("gracePeriodSeconds"),
                PropagationPolicy = options.Text("propagationPolicy"),
                PreconditionUid = preconditions.Text("uid"),
                PreconditionResourceVersion = preconditions.Text("resourceVersion"),
            },
            ct);
        return deleted with { Object = new(deleted.Object.Revision, Success), Created = true, Warnings = [.. write.Warnings.Concat(deleted.Warnings)] };
    }

    /// <summary>A pod under a PodDisruptionBudget leaves only while the budget allows it; what it allows is counted down here, and counted anew by the budget's controller.</summary>
    private async ValueTask SpendDisruptionAsync(WriteContext write, StoredObject pod, FieldOwnership ownership, CancellationToken ct)
    {
        var labels = StoredJson.Labels(pod.Bytes);
        var budgets = store.Current.List("poddisruptionbudgets.policy", write.Target.Namespace)
            .Select(b => (b.Key.Name, Object: StoredJson.Tree(b.Bytes)))
            .Where(b => b.Object.Child("spec")?.Child("selector") is { } selector && LabelSelector.FromObject(selector).Matches(labels))
            .ToArray();
        if (budgets.Length == 0) return;
        if (budgets.Length > 1) throw Refusals.Internal("this pod has more than one PodDisruptionBudget, which the eviction subresource does not support");
        if (budgets[0].Object.Child("status")?.Number("disruptionsAllowed") is null or <= 0) throw BudgetSpent(budgets[0].Name);
        if (write.Options.DryRun) return;
        var target = write.Target with { Group = "policy", Version = "v1", Resource = "poddisruptionbudgets", Subresource = "status", Name = budgets[0].Name };
        var budget = new WriteContext(ResourceCatalog.BuiltIn.Find("policy", "v1", "poddisruptionbudgets")!, target, new WriteOptions { FieldManager = "dovetail" });
        NextState Spend(StoredObject stored, JsonObject old)
        {
            var next = (JsonObject)old.DeepClone();
            var status = next.Child("status") ?? [];
            var allowed = status.Number("disruptionsAllowed") ?? 0;
            if (allowed <= 0) throw BudgetSpent(budgets[0].Name);
            status["disruptionsAllowed"] = ObjectMeta.Long(allowed - 1);
            var disrupted = status.Child("disruptedPods") ?? [];
            disrupted[write.Target.Name] = ObjectMeta.Timestamp(time.GetUtcNow());
            status["disruptedPods"] = disrupted;
            return new(next, null, []);
        }

        await writer.UpdateAsync(budget, Spend, ownership, ct);
    }

    private static StatusException BudgetSpent(string name) => new(new ApiStatus
    {
        Code = 429,
        Reason = "TooManyRequests",
        Message = "Cannot evict pod as it would violate the pod's disruption budget.",
        Causes = [new StatusCause("DisruptionBudget", $"The disruption budget {name} does not allow a disruption now", "")],
    });

    private static ReadOnlyMemory<byte> Success { get; } = """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201}"""u8.ToArray();
}

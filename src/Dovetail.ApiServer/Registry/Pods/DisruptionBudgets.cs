using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry.Pods;

/// <summary>A PodDisruptionBudget's status as its controller has left it; numbers that are not there are 0.</summary>
internal sealed record DisruptionBudget(string Name, JsonObject Object)
{
    private JsonObject Status => Object.Child("status") ?? [];

    public bool IsSettled => Number("observedGeneration") >= (Object.Metadata().Number("generation") ?? 0);

    public long Allowed => Number("disruptionsAllowed");

    public long Healthy => Number("currentHealthy");

    public long Desired => Number("desiredHealthy");

    /// <summary>Pods whose eviction the controller has not seen yet.</summary>
    public int Unconfirmed => Status.Child("disruptedPods")?.Count ?? 0;

    /// <summary>Whether a pod that is not ready may go without being counted.</summary>
    public bool LetsUnreadyGo => Object.Child("spec")?.Text("unhealthyPodEvictionPolicy") == "AlwaysAllow" || (Healthy >= Desired && Desired > 0);

    public JsonObject? Disallowed => PodConditions.Find(Object, "DisruptionAllowed") is { } condition && condition.Text("status") == "False" && condition.Text("message").Length > 0 ? condition : null;

    private long Number(string field) => Status.Number(field) ?? 0;
}

/// <summary>What PodDisruptionBudgets allow: it is counted down here, and counted anew by their controller.</summary>
internal sealed class DisruptionBudgets(IRevisionStore store, ObjectWriter writer, TimeProvider time)
{
    /// <summary>More evictions that nobody has confirmed mean that the controller does not run.</summary>
    private const int MostUnconfirmed = 2000;

    private static readonly UserInfo Self = UserInfo.Component("apiserver");

    /// <summary>The budget that guards the pod; null for none.</summary>
    /// <exception cref="StatusException">500: there are several.</exception>
    public DisruptionBudget? Of(EvictedPod pod)
    {
        var labels = pod.Labels;
        var guards = store.Current.List("poddisruptionbudgets.policy", pod.Namespace)
            .Select(b => new DisruptionBudget(b.Key.Name, StoredJson.Tree(b.Bytes)))
            .Where(b => b.Object.Child("spec")?.Child("selector") is { } selector && LabelSelector.FromObject(selector).Matches(labels))
            .ToArray();
        if (guards.Length > 1)
            throw new StatusException(new ApiStatus { Code = 500, Reason = "", Message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support." });
        return guards.FirstOrDefault();
    }

    /// <summary>Takes one disruption of the budget.</summary>
    /// <returns>False: the pod is not ready, so it may go without, as long as it stays so.</returns>
    /// <exception cref="StatusException">429: not now. 403: the budget's controller has left it in disorder.</exception>
    public async ValueTask<bool> SpendAsync(DisruptionBudget budget, EvictedPod pod, bool dryRun, FieldOwnership ownership, CancellationToken ct)
    {
        if (!pod.IsReady && budget.LetsUnreadyGo) return false;
        RequireAllowed(budget);
        if (dryRun) return true;
        var target = new ObjectTarget { User = Self, Group = "policy", Version = "v1", Resource = "poddisruptionbudgets", Namespace = pod.Namespace, Name = budget.Name, Subresource = "status" };
        var write = new WriteContext(ResourceCatalog.BuiltIn.Find("policy", "v1", "poddisruptionbudgets")!, target, new WriteOptions { FieldManager = "kube-apiserver" });
        await writer.UpdateAsync(write, (_, old) => Spent(new(budget.Name, (JsonObject)old.DeepClone()), pod.Name), ownership, ct);
        return true;
    }

    /// <summary>429: what the budget says may not hold any more.</summary>
    public static StatusException Unsettled(string budget) => NotNow($"The disruption budget {budget} is still being processed by the server.", retryAfterSeconds: 10);

    private NextState Spent(DisruptionBudget budget, string pod)
    {
        RequireAllowed(budget);
        var status = budget.Object.Child("status")!;
        var now = ObjectMeta.Timestamp(time.GetUtcNow());
        var left = budget.Allowed - 1;
        status["disruptionsAllowed"] = ObjectMeta.Long(left);
        var disrupted = status.Child("disruptedPods") ?? [];
        disrupted[pod] = now;
        status["disruptedPods"] = disrupted;
        if (left == 0) Exhaust(budget.Object, status, now);
        return new(budget.Object, null, []);
    }

    private static void Exhaust(JsonObject budget, JsonObject status, string now)
    {
        var condition = PodConditions.Find(budget, "DisruptionAllowed");
        if (condition is null)
        {
            var conditions = status["conditions"] as JsonArray ?? [];
            status["conditions"] = conditions;
            conditions.Add((JsonNode)(condition = new JsonObject { ["type"] = "DisruptionAllowed", ["lastTransitionTime"] = now }));
        }

        if (condition.Text("status") != "False") condition["lastTransitionTime"] = now;
        (condition["status"], condition["reason"], condition["message"]) = ("False", "InsufficientPods", "");
        condition["observedGeneration"] = status["observedGeneration"]?.DeepClone();
    }

    private static void RequireAllowed(DisruptionBudget budget)
    {
        if (!budget.IsSettled) throw Unsettled(budget.Name);
        if (budget.Allowed < 0) throw Refusals.Forbidden("policy", "poddisruptionbudget", budget.Name, "pdb disruptions allowed is negative");
        if (budget.Unconfirmed > MostUnconfirmed)
            throw Refusals.Forbidden("policy", "poddisruptionbudget", budget.Name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
        if (budget.Allowed == 0) throw NotNow(Why(budget), retryAfterSeconds: null);
    }

    private static string Why(DisruptionBudget budget) => budget.Disallowed switch
    {
        { } failed when failed.Text("reason") == "SyncFailed" => $"The disruption budget {budget.Name} does not allow evicting pods currently because it failed sync: {failed.Text("message")}",
        _ when budget.Healthy <= budget.Desired => string.Create(CultureInfo.InvariantCulture, $"The disruption budget {budget.Name} needs {budget.Desired} healthy pods and has {budget.Healthy} currently"),
        { } condition => $"The disruption budget {budget.Name} does not allow evicting pods currently ({condition.Text("reason")}): {condition.Text("message")}",
        null => $"The disruption budget {budget.Name} does not allow evicting pods currently",
    };

    private static StatusException NotNow(string cause, int? retryAfterSeconds) => new(new ApiStatus
    {
        Code = 429,
        Reason = "TooManyRequests",
        Message = "Cannot evict pod as it would violate the pod's disruption budget.",
        Causes = ImmutableArray.Create(new StatusCause("DisruptionBudget", cause, "")),
        RetryAfterSeconds = retryAfterSeconds,
    });
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.History;
using Dovetail.Virt.VirtController.VirtualMachines;

namespace Dovetail.Cli.Plan;

/// <summary>When a changed field takes effect.</summary>
internal enum Effect
{
    /// <summary>At once.</summary>
    Live,

    /// <summary>The running guest gets it only when it is restarted.</summary>
    Restart,

    /// <summary>No guest runs; the next one has it.</summary>
    NextStart,

    /// <summary>The API server takes none of the file because of it.</summary>
    Refused,
}

/// <summary>One field that a file would change.</summary>
/// <param name="Old">Null: not there.</param>
/// <param name="New">Null: not there, or refused.</param>
/// <param name="Message">What it means; "" when the effect says all.</param>
internal sealed record PlannedChange(Effect Effect, string Field, JsonNode? Old, JsonNode? New, string Message);

/// <summary>What applying a file would do to one VM.</summary>
/// <param name="Object"><c>VirtualMachine demo/web</c></param>
/// <param name="Summary">One sentence.</param>
internal sealed record ChangePlan(string Object, string Summary, ImmutableArray<PlannedChange> Changes)
{
    public bool IsRefused => Changes.Any(change => change.Effect == Effect.Refused);

    public bool RestartsNeeded => Changes.Any(change => change.Effect == Effect.Restart);

    public JsonObject ToJson() => new()
    {
        ["object"] = Object,
        ["summary"] = Summary,
        ["refused"] = IsRefused,
        ["restartRequired"] = RestartsNeeded,
        ["changes"] = new JsonArray([.. Changes.Select(Json)]),
    };

    private static JsonObject Json(PlannedChange change)
    {
        var json = new JsonObject { ["effect"] = change.Effect.ToString(), ["field"] = change.Field };
        if (change.Old is not null) json["old"] = change.Old.DeepClone();
        if (change.New is not null) json["new"] = change.New.DeepClone();
        if (change.Message.Length > 0) json["message"] = change.Message;
        return json;
    }
}

/// <summary>What a decision about a file rests on.</summary>
/// <param name="Live">The VM as it is; null: it would be created.</param>
/// <param name="After">What the server says that it would be (a dry run); null: it refused.</param>
/// <param name="Vmi">The VM's guest; null: none.</param>
/// <param name="Refusal">The server's Status when it refused.</param>
/// <param name="Now">UTC.</param>
internal sealed record PlanFacts(string Namespace, string Name, JsonObject? Live, JsonObject? After, VirtualMachineInstance? Vmi, JsonObject? Refusal, DateTime Now)
{
    public string Object => $"VirtualMachine {Namespace}/{Name}";
}

/// <summary>Decides, field by field, when a change takes effect. Pure; the rules are virt-controller's own (<see cref="RestartRule"/>, <see cref="VmPlanner"/>) and the server's.</summary>
internal static class ChangePlanner
{
    public static ChangePlan Decide(PlanFacts f, Func<JsonObject, VirtualMachine> typed)
    {
        if (f.Refusal is { } refusal) return new(f.Object, "would be refused, and nothing of the file applied.", Refused(refusal));
        var after = f.After!;
        if (f.Live is not { } live) return new(f.Object, "would be created.", [new(Effect.Live, "", null, after, Started(null, typed(after), f))]);
        var (before, wanted) = (typed(live), typed(after));
        // A guest that the change itself stops has no restart to wait for.
        var stops = Reaction(wanted, f).Deletes;
        var runs = f.Vmi is not null && !VmiPhases.IsFinal(f.Vmi.Status?.Phase) && !stops;
        var waiting = RestartRule.Waiting(before, wanted).Select(change => change.Path.ToString()).ToHashSet(StringComparer.Ordinal);
        var changes = ObjectChanges.Between(live, after)
            .Where(change => !IsBookkeeping(change.Path))
            .Select(change => Judge(change, waiting.Contains(change.Path.ToString()), runs, before, wanted, f))
            .OrderBy(change => change.Effect)
            .ToImmutableArray();
        return new(f.Object, stops ? "would change, and its guest is stopped; the next one has all of it." : Summary(changes, before, wanted, f), changes);
    }

    private static PlannedChange Judge(FieldChange change, bool waits, bool runs, VirtualMachine before, VirtualMachine after, PlanFacts f)
    {
        var field = change.Path.ToString();
        if (waits && runs) return new(Effect.Restart, field, change.Old, change.New, RestartRule.IsDue(after, f.Vmi) ? "the running guest keeps what it was started with" : "the running guest has this already");
        if (waits) return new(Effect.NextStart, field, change.Old, change.New, "");
        return new(Effect.Live, field, change.Old, change.New, change.Path.StartsWith("spec", "runStrategy") || change.Path.StartsWith("spec", "running") ? Started(before, after, f) : "");
    }

    private static string Started(VirtualMachine? before, VirtualMachine after, PlanFacts f)
    {
        var plan = Reaction(after, f);
        if (plan.Deletes) return "the guest is stopped at once";
        if (plan.Creates) return "a guest is started at once";
        return before is null ? "no guest is started yet" : "the guest stays as it is";
    }

    /// <summary>What virt-controller would do about the guest, by its own planner.</summary>
    private static VmPlan Reaction(VirtualMachine after, PlanFacts f)
    {
        // A VM that is new has neither finalizer nor firmware UUID, which virt-controller sees to first.
        after.Metadata.Finalizers = [.. after.Metadata.Finalizers ?? [], KubeVirtFinalizers.VmController];
        if (after.Spec?.Template?.Spec is { } spec) ((spec.Domain ??= new()).Firmware ??= new()).Uuid ??= "00000000-0000-0000-0000-000000000000";
        return VmPlanner.Decide(new VmFacts(after, f.Vmi, Stranger: false, f.Now, Jitter: 0));
    }

    private static string Summary(ImmutableArray<PlannedChange> changes, VirtualMachine before, VirtualMachine after, PlanFacts f)
    {
        var (due, willBeDue) = (RestartRule.IsDue(before, f.Vmi), RestartRule.IsDue(after, f.Vmi));
        if (changes.IsEmpty) return due ? "is as the file asks, but its guest waits for a restart to get an earlier change." : "is as the file asks.";
        if (willBeDue) return $"would change, and its guest has all of it after a restart: virtctl restart -n {f.Namespace} {f.Name}";
        return due ? "would change back to what its guest was started with: no restart is due any more." : "would change, and no restart is needed.";
    }

    private static ImmutableArray<PlannedChange> Refused(JsonObject status)
    {
        var causes = (status["details"]?["causes"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        if (StrictErrors(status["message"]?.ToString() ?? "") is { IsEmpty: false } strict) return strict;
        return causes.Count == 0
            ? [new(Effect.Refused, "", null, null, status["message"]?.ToString() ?? "the server refused it without a word")]
            : [.. causes.Select(cause => new PlannedChange(Effect.Refused, cause["field"]?.ToString() ?? "", null, null, cause["message"]?.ToString() ?? ""))];
    }

    /// <summary>Unknown and double fields are told in words only, behind the whole object: <c>… strict decoding error: unknown field "spec.a", unknown field "spec.b"</c>.</summary>
    private static ImmutableArray<PlannedChange> StrictErrors(string message)
    {
        const string Mark = "strict decoding error: ";
        var at = message.LastIndexOf(Mark, StringComparison.Ordinal);
        if (at < 0) return [];
        return [.. message[(at + Mark.Length)..].Split("\", ", StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('"')).Where(parts => parts.Length > 1).Select(parts => new PlannedChange(Effect.Refused, parts[1], null, null, parts[0].Trim()))];
    }

    /// <summary>What a client or the server keeps for itself.</summary>
    private static bool IsBookkeeping(FieldPath path) =>
        path.StartsWith("status") || path.StartsWith("metadata", "managedFields") || path.StartsWith("metadata", "generation") || path.StartsWith("metadata", "resourceVersion")
        || path.StartsWith("metadata", "annotations", PlanCommand.LastApplied);
}

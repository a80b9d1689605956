using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.VirtHandler.Status;

/// <summary>The conditions that virt-handler writes; those of others stay as they are.</summary>
internal static class VmiConditions
{
    private const string SyncFailed = "Synchronizing with the Domain failed.";

    public static IList<VirtualMachineInstanceCondition>? Merge(IList<VirtualMachineInstanceCondition>? old, VmiFacts facts, VmiPlan plan, DomainStatus? alive)
    {
        var wanted = Wanted(facts, plan, alive).ToDictionary(c => c.Type!);
        var merged = new List<VirtualMachineInstanceCondition>();
        foreach (var present in old ?? [])
        {
            if (!IsOurs(present.Type!, alive is not null)) merged.Add(present);
            else if (wanted.Remove(present.Type!, out var now)) merged.Add(Same(present, now) ? present : Stamped(now, present, facts.Now));
        }

        merged.AddRange(wanted.Values.Select(c => Stamped(c, null, facts.Now)));
        return merged.Count == 0 && old is null ? null : merged;
    }

    /// <summary>What is only known of a living guest (migratability, emulation) is left as it was once it has ended.</summary>
    private static bool IsOurs(string type, bool alive) => type switch
    {
        ConditionTypes.AgentConnected or ConditionTypes.Paused or ConditionTypes.Synchronized => true,
        ConditionTypes.LiveMigratable or ConditionTypes.SoftwareEmulation => alive,
        _ => false,
    };

    private static IEnumerable<VirtualMachineInstanceCondition> Wanted(VmiFacts facts, VmiPlan plan, DomainStatus? alive)
    {
        if (plan.Problem is { } problem)
            yield return Condition(ConditionTypes.Synchronized, ConditionStatuses.False, SyncFailed, $"{problem.Reason}: {problem.Message}");
        if (alive is null) yield break;
        if (alive.AgentConnected) yield return Condition(ConditionTypes.AgentConnected, ConditionStatuses.True, null, null);
        if (alive.State == DomainState.Paused)
        {
            yield return alive.PauseReason == PauseReason.IoError
                ? Condition(ConditionTypes.Paused, ConditionStatuses.True, "PausedIOError", "VMI was paused, low-level IO error detected: the node's disk may be full, free space on it; the guest is resumed by itself every 15 s")
                : Condition(ConditionTypes.Paused, ConditionStatuses.True, "PausedByUser", "VMI was paused by user");
        }

        yield return Condition(ConditionTypes.LiveMigratable, ConditionStatuses.False, "NotMigratable", "live migration is not available in this version");
        if (!facts.UseKvm)
            yield return Condition(ConditionTypes.SoftwareEmulation, ConditionStatuses.True, "KVMNotUsable", "KVM does not run guest code on this node: the CPU is emulated, which is slow");
    }

    private static VirtualMachineInstanceCondition Condition(string type, string status, string? reason, string? message) => new() { Type = type, Status = status, Reason = reason, Message = message };

    private static bool Same(VirtualMachineInstanceCondition a, VirtualMachineInstanceCondition b) => (a.Status, a.Reason, a.Message) == (b.Status, b.Reason, b.Message);

    private static VirtualMachineInstanceCondition Stamped(VirtualMachineInstanceCondition condition, VirtualMachineInstanceCondition? before, DateTime now)
    {
        condition.LastProbeTime = before?.LastProbeTime;
        condition.LastTransitionTime = before?.Status == condition.Status ? before?.LastTransitionTime : now;
        return condition;
    }
}

using System.Text.Json.Serialization;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>What a lifecycle request does to a VirtualMachine.</summary>
internal abstract record LifecycleDecision
{
    private LifecycleDecision() { }

    /// <summary>Refused: HTTP code and words.</summary>
    public sealed record Refuse(int Code, string Message) : LifecycleDecision;

    /// <summary>The user's spec changes: the run strategy, or the older <c>running</c> where that is what the user wrote.</summary>
    public sealed record SetRunning(bool Running) : LifecycleDecision;

    /// <summary>Requests for virt-controller, in order.</summary>
    public sealed record Request(params VirtualMachineStateChangeRequest[] Changes) : LifecycleDecision;

    /// <summary>Only the grace period of the running guest changes.</summary>
    public sealed record Nothing : LifecycleDecision;
}

/// <summary>Options of start, stop and restart, as upstream names them.</summary>
internal sealed record LifecycleOptions
{
    public string? Kind { get; init; }

    public string? ApiVersion { get; init; }

    public bool? Paused { get; init; }

    /// <summary>Of stop.</summary>
    public long? GracePeriod { get; init; }

    /// <summary>Of restart; 0 forces.</summary>
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Null, empty or "All".</summary>
    public IReadOnlyList<string>? DryRun { get; init; }

    [JsonIgnore]
    public bool IsDryRun => DryRun is { Count: > 0 };
}

/// <summary>Pure rules of start, stop and restart; upstream's <c>virt-api/rest/lifecycle.go</c> is the specification of codes.</summary>
internal static class LifecyclePlanner
{
    public static LifecycleDecision Start(VirtualMachine machine, VirtualMachineInstance? instance, LifecycleOptions options)
    {
        if (instance is not null && !VmiPhases.IsFinal(instance.Status?.Phase)) return new LifecycleDecision.Refuse(409, "VM is already running");
        if (machine.Status?.Conditions?.Any(c => c is { Type: ConditionTypes.ManualRecoveryRequired, Status: ConditionStatuses.True }) == true)
            return new LifecycleDecision.Refuse(409, "VM recovery is required before it can be started");
        var start = new VirtualMachineStateChangeRequest { Action = StateChangeActions.Start };
        if (options.Paused == true) start.Data = new Dictionary<string, string> { [StateChangeActions.Paused] = "true" };
        switch (StrategyOf(machine))
        {
            case RunStrategies.Halted:
                return options.Paused == true ? new LifecycleDecision.Request(start) : new LifecycleDecision.SetRunning(true);
            case RunStrategies.RerunOnFailure when instance?.Status?.Phase == VmiPhases.Failed:
                return new LifecycleDecision.Refuse(409, "RerunOnFailure does not support starting VM from failed state");
            case RunStrategies.RerunOnFailure or RunStrategies.Manual:
                return instance is null ? new LifecycleDecision.Request(start) : new LifecycleDecision.Request(StopOf(instance), start);
            case var other:
                return new LifecycleDecision.Refuse(409, $"{other} does not support manual start requests");
        }
    }

    public static LifecycleDecision Stop(VirtualMachine machine, VirtualMachineInstance? instance, LifecycleOptions options)
    {
        if (options.GracePeriod < 0) return new LifecycleDecision.Refuse(400, "gracePeriod has to be greater or equal to 0");
        var live = instance is not null && !VmiPhases.IsFinal(instance.Status?.Phase);
        switch (StrategyOf(machine))
        {
            case RunStrategies.Halted:
                var shorter = live && options.GracePeriod is { } asked && asked < (instance!.Spec?.TerminationGracePeriodSeconds ?? InstanceGrace.Default);
                return shorter ? new LifecycleDecision.Nothing() : new LifecycleDecision.Refuse(409, live ? "Halted only supports manual stop requests with a shorter graceperiod" : "VM is not running");
            case RunStrategies.Always or RunStrategies.Once:
                return new LifecycleDecision.SetRunning(false);
            case RunStrategies.RerunOnFailure or RunStrategies.Manual:
                return live ? new LifecycleDecision.Request(StopOf(instance!)) : new LifecycleDecision.Refuse(409, "VM is not running");
            case var other:
                return new LifecycleDecision.Refuse(409, $"{other} does not support manual stop requests");
        }
    }

    public static LifecycleDecision Restart(VirtualMachine machine, VirtualMachineInstance? instance, LifecycleOptions options)
    {
        if (options.GracePeriodSeconds is not null and not 0) return new LifecycleDecision.Refuse(400, options.GracePeriodSeconds > 0 ? "For force restart, only gracePeriod=0 is supported for now" : "gracePeriod has to be greater or equal to 0");
        if (StrategyOf(machine) is RunStrategies.Halted or RunStrategies.Once) return new LifecycleDecision.Refuse(409, $"{StrategyOf(machine)} does not support manual restart requests");
        if (instance is null || VmiPhases.IsFinal(instance.Status?.Phase)) return new LifecycleDecision.Refuse(409, "VM is not running");
        if (machine.Status?.StateChangeRequests is { Count: > 0 }) return new LifecycleDecision.Refuse(409, "unable to complete request: stop/start already underway");
        return new LifecycleDecision.Request(StopOf(instance), new VirtualMachineStateChangeRequest { Action = StateChangeActions.Start });
    }

    public static string StrategyOf(VirtualMachine machine) =>
        machine.Spec?.RunStrategy is { Length: > 0 } strategy ? strategy : machine.Spec?.Running == true ? RunStrategies.Always : RunStrategies.Halted;

    private static VirtualMachineStateChangeRequest StopOf(VirtualMachineInstance instance) => new() { Action = StateChangeActions.Stop, Uid = instance.Metadata.Uid };
}

/// <summary>How long a guest has to shut down, in seconds, when its spec does not say.</summary>
internal static class InstanceGrace
{
    public const long Default = 30;
}

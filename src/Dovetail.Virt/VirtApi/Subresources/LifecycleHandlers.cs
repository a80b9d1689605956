using System.Text.Json;
using System.Text.Json.Serialization;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>Carries out start, stop and restart. Every write names the state that it was decided on; when that has changed meanwhile, it is decided anew.</summary>
internal sealed class LifecycleHandlers(IKubeApi api)
{
    private const int Attempts = 5;
    private static readonly WriteOptions AsVirtApi = new() { FieldManager = "virt-api" };

    public Task StartAsync(string ns, string name, LifecycleOptions options, CancellationToken ct) => DecideAndWriteAsync(ns, name, options, LifecyclePlanner.Start, null, ct);

    public Task StopAsync(string ns, string name, LifecycleOptions options, CancellationToken ct) => DecideAndWriteAsync(ns, name, options, LifecyclePlanner.Stop, options.GracePeriod, ct);

    /// <summary>A forced restart leaves the guest one second.</summary>
    public Task RestartAsync(string ns, string name, LifecycleOptions options, CancellationToken ct) => DecideAndWriteAsync(ns, name, options, LifecyclePlanner.Restart, options.GracePeriodSeconds is 0 ? 1 : null, ct);

    private async Task DecideAndWriteAsync(
        string ns, string name, LifecycleOptions options, Func<VirtualMachine, VirtualMachineInstance?, LifecycleOptions, LifecycleDecision> decide, long? grace, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            var machine = await api.FindAsync(KubeVirtTypes.VirtualMachines, ns, name, ct) ?? throw Refusals.NotFound("virtualmachines", name);
            var instance = await api.FindAsync(KubeVirtTypes.VirtualMachineInstances, ns, name, ct);
            var decision = decide(machine, instance, options);
            if (decision is LifecycleDecision.Refuse refusal) throw Refusals.Of(refusal.Code, refusal.Message, "virtualmachines", name);
            if (options.IsDryRun) return;
            try
            {
                if (grace is { } seconds && instance is not null) await ShortenGraceAsync(instance, seconds, ct);
                await WriteAsync(machine, decision, ct);
                return;
            }
            catch (StatusException stale) when (attempt < Attempts && (stale.Status.Reason == "Conflict" || stale.Status.Code == 422))
            {
                // Somebody else was faster.
            }
        }
    }

    private async Task WriteAsync(VirtualMachine machine, LifecycleDecision decision, CancellationToken ct)
    {
        var (ns, name) = (machine.Metadata.NamespaceProperty, machine.Metadata.Name);
        switch (decision)
        {
            case LifecycleDecision.SetRunning set:
                await api.PatchAsync(KubeVirtTypes.VirtualMachines, ns, name, PatchType.Json, RunningPatch(machine, set.Running), AsVirtApi, "", ct);
                break;
            case LifecycleDecision.Request request:
                // A copy: objects of the seam are shared.
                var copy = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(machine, KubeVirtTypes.VirtualMachines.Json), KubeVirtTypes.VirtualMachines.Json)!;
                copy.Status ??= new VirtualMachineStatus();
                copy.Status.StateChangeRequests = [.. request.Changes];
                if (request.Changes.Any(c => c.Action == StateChangeActions.Start)) copy.Status.StartFailure = null;
                await api.ReplaceAsync(KubeVirtTypes.VirtualMachines, copy, "status", ct);
                break;
            case LifecycleDecision.Nothing:
            case LifecycleDecision.Refuse:
                break;
        }
    }

    private static ReadOnlyMemory<byte> RunningPatch(VirtualMachine machine, bool running)
    {
        var patch = new JsonPatchBuilder();
        if (machine.Spec!.RunStrategy is { Length: > 0 } strategy)
            return patch.Test(["spec", "runStrategy"], strategy).Replace(["spec", "runStrategy"], running ? RunStrategies.Always : RunStrategies.Halted).Build();
        return patch.Test(["spec", "running"], machine.Spec.Running ?? false, LifecycleJson.Default.Boolean).Replace(["spec", "running"], running, LifecycleJson.Default.Boolean).Build();
    }

    private async Task ShortenGraceAsync(VirtualMachineInstance instance, long seconds, CancellationToken ct)
    {
        var patch = new JsonPatchBuilder();
        if (instance.Spec?.TerminationGracePeriodSeconds is { } present) patch.Test(["spec", "terminationGracePeriodSeconds"], present, LifecycleJson.Default.Int64);
        patch.Add(["spec", "terminationGracePeriodSeconds"], seconds, LifecycleJson.Default.Int64);
        await api.PatchAsync(KubeVirtTypes.VirtualMachineInstances, instance.Metadata.NamespaceProperty, instance.Metadata.Name, PatchType.Json, patch.Build(), AsVirtApi, "", ct);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(LifecycleOptions))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(long))]
internal sealed partial class LifecycleJson : JsonSerializerContext;

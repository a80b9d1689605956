using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>virt-api's admission of VirtualMachines and VirtualMachineInstances: what upstream registers as <c>virt-api-mutator</c> and <c>virt-api-validator</c>.</summary>
/// <param name="newGuid">Source of firmware identities.</param>
public sealed class VirtAdmission(Func<Guid> newGuid) : IAdmissionPlugin
{
    private const string Machines = "virtualmachines";
    private const string Instances = "virtualmachineinstances";
    private const string Spec = "spec";
    private const string TemplateSpec = "spec.template.spec";

    public bool Handles(string group, string resource, string subresource, AdmissionOperation operation) =>
        group == "kubevirt.io" && subresource.Length == 0 && resource is Machines or Instances && operation is AdmissionOperation.Create or AdmissionOperation.Update;

    public ValueTask<AdmissionResult> MutateAsync(AdmissionRequest request, CancellationToken ct)
    {
        var target = request.Object!;
        if (request.Target.Resource == Machines) InstanceDefaults.CompleteTemplate(target, request.OldObject, newGuid);
        else if (request.Operation == AdmissionOperation.Create) InstanceDefaults.Complete(target, newGuid);
        else if (!IsComponent(request.Target.User)) KeepStatus(target, request.OldObject!);
        return ValueTask.FromResult(AdmissionResult.Allowed);
    }

    public ValueTask<AdmissionResult> ValidateAsync(AdmissionRequest request, CancellationToken ct)
    {
        List<StatusCause> causes = [];
        List<string> warnings = [];
        if (request.Target.Resource == Machines) ValidateMachine(request, causes, warnings);
        else if (request.Operation == AdmissionOperation.Create) ValidateInstance(request.Object!, causes, warnings);
        else ValidateInstanceUpdate(request, causes);
        if (causes.Count == 0) return ValueTask.FromResult(AdmissionResult.Allowed with { Warnings = warnings });
        var (kind, name) = (request.Target.Resource == Machines ? nameof(VirtualMachine) : nameof(VirtualMachineInstance), request.Object.Object("metadata").Text("name") ?? "");
        return ValueTask.FromResult(AdmissionResult.Refused(FieldErrors.InvalidObject("kubevirt.io", kind, name, causes)));
    }

    private static void ValidateMachine(AdmissionRequest request, List<StatusCause> causes, List<string> warnings)
    {
        var machine = request.Object!;
        // What is being deleted only loses its finalizers; its spec is as it was.
        if (machine.Object("metadata")?["deletionTimestamp"] is not null) return;
        var spec = machine.Object(Spec);
        ValidateRunStrategy(spec, causes);
        foreach (var unserved in new[] { "instancetype", "preference", "dataVolumeTemplates", "updateVolumesStrategy" })
        {
            if (spec?[unserved] is not null and not JsonArray { Count: 0 }) causes.Add(FieldErrors.Forbidden($"{Spec}.{unserved}", "this field is not supported yet"));
        }

        if (spec.Object("template") is not { } template) causes.Add(FieldErrors.Required("spec.template"));
        else ValidateTemplate(template, causes, warnings);
    }

    private static void ValidateTemplate(JsonObject template, List<StatusCause> causes, List<string> warnings)
    {
        // What the template's labels break would be told only when an instance is made from it.
        ObjectMetaValidation.CheckLabels(template.Object("metadata").Object("labels"), "spec.template.metadata.labels", causes);
        UnsupportedFields.CollectAnnotations(template.Object("metadata"), "spec.template.metadata", causes);
        ValidateSpec(template.Object(Spec), TemplateSpec, causes, warnings);
    }

    private static void ValidateInstance(JsonObject instance, List<StatusCause> causes, List<string> warnings)
    {
        UnsupportedFields.CollectAnnotations(instance.Object("metadata"), "metadata", causes);
        ValidateSpec(instance.Object(Spec), Spec, causes, warnings);
    }

    private static void ValidateRunStrategy(JsonObject? spec, List<StatusCause> causes)
    {
        var (strategy, running) = (spec.Text("runStrategy"), spec?["running"]);
        if (strategy is { Length: > 0 } && running is not null) causes.Add(FieldErrors.Invalid("spec.running", running.DeepClone(), "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead"));
        else if (strategy is null or "" && running is null) causes.Add(FieldErrors.Required("spec.runStrategy", "One of Running or RunStrategy must be specified"));
        else if (strategy is { Length: > 0 } and not (RunStrategies.Always or RunStrategies.Halted or RunStrategies.Manual or RunStrategies.RerunOnFailure or RunStrategies.Once))
            causes.Add(FieldErrors.NotSupported("spec.runStrategy", strategy, [RunStrategies.Always, RunStrategies.Halted, RunStrategies.Manual, RunStrategies.RerunOnFailure, RunStrategies.Once]));
    }

    private static void ValidateSpec(JsonObject? spec, string at, List<StatusCause> causes, List<string> warnings)
    {
        if (spec is null)
        {
            causes.Add(FieldErrors.Required(at));
            return;
        }

        UnsupportedFields.Collect(spec, at, causes);
        // A template is completed only when a guest is made from it, so its rules are those of the completed spec.
        if (at == TemplateSpec)
        {
            var completed = new JsonObject { [Spec] = spec.DeepClone() };
            InstanceDefaults.Complete(completed, () => Guid.Empty);
            spec = completed.Object(Spec)!;
        }

        try
        {
            var typed = spec.Deserialize(InstanceSpecJson)!;
            InstanceValidation.Validate(typed, at, causes);
            if (causes.Count == 0) CloudInitWarnings.Collect(typed, at, warnings);
        }
        catch (JsonException e)
        {
            // The schema has let it pass, so it is a number out of its range: sockets: 5000000000. The path is "$.domain.cpu.sockets".
            causes.Add(FieldErrors.Invalid($"{at}{e.Path?.TrimStart('$')}", null, "is out of range"));
        }
    }

    private static void ValidateInstanceUpdate(AdmissionRequest request, List<StatusCause> causes)
    {
        if (IsComponent(request.Target.User) || JsonNode.DeepEquals(request.Object![Spec], request.OldObject![Spec])) return;
        causes.Add(FieldErrors.Forbidden(Spec, "update of VMI object is restricted: change the VirtualMachine, and restart it"));
    }

    /// <summary>VirtualMachineInstances have no status subresource: only the platform's components write their status.</summary>
    private static void KeepStatus(JsonObject target, JsonObject old)
    {
        target.Remove("status");
        if (old["status"] is { } status) target["status"] = status.DeepClone();
    }

    private static bool IsComponent(UserInfo user) => user.Name.StartsWith("system:dovetail:", StringComparison.Ordinal) || user.Groups.Contains("system:nodes");

    private static readonly System.Text.Json.Serialization.Metadata.JsonTypeInfo<VirtualMachineInstanceSpec> InstanceSpecJson =
        Dovetail.Api.Json.KubeJson.TypeInfo<VirtualMachineInstanceSpec>(Dovetail.Api.ApiTypes.JsonOptions);
}

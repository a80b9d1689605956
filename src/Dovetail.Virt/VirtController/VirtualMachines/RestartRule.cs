using System.Collections.Immutable;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.History;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>Which changes of a VM reach its guest only at a restart: those of the template that <see cref="TemplateHash"/> covers. One rule for the condition RestartRequired and for whoever asks beforehand.</summary>
public static class RestartRule
{
    /// <summary>The guest runs with another template than the VM has now.</summary>
    public static bool IsDue(VirtualMachine vm, VirtualMachineInstance? vmi) =>
        vmi is { Metadata.DeletionTimestamp: null } && !VmiPhases.IsFinal(vmi.Status?.Phase)
        && vmi.Metadata.Annotations?.TryGetValue(TemplateHash.Annotation, out var started) == true
        && started != TemplateHash.Of(vm);

    /// <summary>The fields between two states of a VM that a guest gets only at a restart, by their paths in the VM.</summary>
    public static ImmutableArray<FieldChange> Waiting(VirtualMachine before, VirtualMachine after) =>
        [.. ObjectChanges.Between(TemplateHash.Covered(before), TemplateHash.Covered(after)).Select(change => change with { Path = InVm(change.Path) })];

    /// <summary>The fingerprint keeps the template's metadata as metadata of its own.</summary>
    private static FieldPath InVm(FieldPath path) =>
        path.StartsWith("metadata") ? new([new PathStep.Field("spec"), new PathStep.Field("template"), .. path.Steps]) : path;
}

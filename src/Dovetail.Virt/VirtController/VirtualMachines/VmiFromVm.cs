using System.Globalization;
using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>The VMI that a start of a VM makes.</summary>
public static class VmiFromVm
{
    public static VirtualMachineInstance Render(VirtualMachine vm, bool paused)
    {
        var template = KubeVirtTypes.VirtualMachines.Copy(vm).Spec?.Template ?? new();
        var spec = template.Spec ?? new();
        spec.Domain ??= new();
        spec.Domain.Firmware ??= new();
        if (string.IsNullOrEmpty(spec.Domain.Firmware.Uuid)) spec.Domain.Firmware.Uuid = FirmwareUuid.Of(vm.Metadata.Name);
        if (paused) spec.StartStrategy = "Paused";
        var annotations = new Dictionary<string, string>(template.Metadata?.Annotations ?? new Dictionary<string, string>())
        {
            [KubeVirtAnnotations.VmGeneration] = (vm.Metadata.Generation ?? 0).ToString(CultureInfo.InvariantCulture),
            [TemplateHash.Annotation] = TemplateHash.Of(vm),
        };
        return new()
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = vm.Metadata.NamespaceProperty,
                Name = vm.Metadata.Name,
                Labels = template.Metadata?.Labels,
                Annotations = annotations,
                Finalizers = [KubeVirtFinalizers.VmController, KubeVirtFinalizers.VmiForegroundDelete],
                OwnerReferences = [KubeVirtTypes.VirtualMachines.ControllerReference(vm)],
            },
            Spec = spec,
        };
    }
}

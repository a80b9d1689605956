using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

public sealed partial class VmiReconciler
{
    [LoggerMessage(4101, LogLevel.Information, "{Vmi}: made pod {Pod}")]
    private partial void PodCreated(string vmi, string pod);

    [LoggerMessage(4102, LogLevel.Information, "{Vmi}: deleting pod {Pod}")]
    private partial void PodDeleted(string vmi, string pod);

    [LoggerMessage(4103, LogLevel.Information, "{Vmi}: {From} → {To}")]
    private partial void PhaseChanged(string vmi, string from, string to);
}

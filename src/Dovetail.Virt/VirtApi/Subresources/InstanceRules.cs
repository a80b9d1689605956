using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>Which requests a VirtualMachineInstance's state allows; codes as upstream's.</summary>
internal static class InstanceRules
{
    /// <summary>"VMI is not running" is 400: virtctl tries again on that, and on no other code.</summary>
    public static (int Code, string Message)? RefuseStream(VirtualMachineInstance instance, string subresource)
    {
        if (instance.Status?.Phase == VmiPhases.Failed) return (409, "VirtualMachineInstance has failed");
        if (instance.Status?.Phase != VmiPhases.Running) return (400, "VirtualMachineInstance is not running");
        if (subresource == "vnc" && instance.Spec?.Domain?.Devices?.AutoattachGraphicsDevice == false) return (400, "No graphics devices are present.");
        return null;
    }

    /// <param name="instance">The one that is to change.</param>
    /// <param name="action">pause, unpause, softreboot or reset.</param>
    public static (int Code, string Message)? RefuseChange(VirtualMachineInstance instance, string action)
    {
        var paused = Has(instance, ConditionTypes.Paused);
        if (instance.Status?.Phase != VmiPhases.Running) return (409, "VM is not running");
        if (action == "pause" && paused) return (409, "VMI is already paused");
        if (action == "unpause" && !paused) return (409, "VMI is not paused");
        if (action == "softreboot" && paused) return (409, "VMI is paused");
        if (action == "softreboot" && !Has(instance, ConditionTypes.AgentConnected) && instance.Spec?.Domain?.Features?.Acpi?.Enabled == false)
            return (409, "VMI neither have the agent connected nor the ACPI feature enabled");
        return null;
    }

    public static string? RefuseAgent(VirtualMachineInstance instance) =>
        instance.Status?.Phase != VmiPhases.Running ? "VMI is not running"
        : !Has(instance, ConditionTypes.AgentConnected) ? "VMI does not have guest agent connected"
        : null;

    private static bool Has(VirtualMachineInstance instance, string condition) => instance.Status?.Conditions?.Any(c => c.Type == condition && c.Status == ConditionStatuses.True) == true;
}

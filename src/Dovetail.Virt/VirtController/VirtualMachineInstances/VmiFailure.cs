namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>Why a VMI could not be brought forward: reason and message of its Synchronized condition.</summary>
public sealed record VmiFailure(string Reason, string Message);

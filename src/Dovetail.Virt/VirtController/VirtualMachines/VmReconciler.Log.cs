using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtController.VirtualMachines;

public sealed partial class VmReconciler
{
    [LoggerMessage(4001, LogLevel.Information, "{Vm}: started as {Uid}")]
    private partial void Started(string vm, string uid);

    [LoggerMessage(4002, LogLevel.Information, "{Vm}: stopping {Uid}")]
    private partial void Stopped(string vm, string uid);

    [LoggerMessage(4003, LogLevel.Information, "{Vm}: {From} → {To}")]
    private partial void StatusChanged(string vm, string from, string to);
}

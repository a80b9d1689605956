using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtController.Nodes;

public sealed partial class NodeReconciler
{
    [LoggerMessage(4201, LogLevel.Warning, "node {Node}: virt-handler's heartbeat is stale, no more guests go there")]
    private partial void HeartbeatStale(string node);

    [LoggerMessage(4202, LogLevel.Warning, "{Vmi}: lost with node {Node}")]
    private partial void GuestLost(string vmi, string node);
}

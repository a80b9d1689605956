using Dovetail.Runtime.Seam;
using Microsoft.Extensions.Logging;

namespace Dovetail.Virt.VirtHandler;

internal static partial class VirtHandlerLog
{
    [LoggerMessage(2301, LogLevel.Information, "VMI {Vmi}: {Before} → {After} {Reason}")]
    public static partial void PhaseChanged(this ILogger logger, NamespacedName vmi, string before, string after, string reason);

    [LoggerMessage(2302, LogLevel.Information, "VMI {Vmi}: a {Kind} client has connected; {Kicked} was disconnected for it")]
    public static partial void StreamTakenOver(this ILogger logger, NamespacedName vmi, string kind, string kicked);

    [LoggerMessage(2303, LogLevel.Warning, "VMI {Vmi}: {Kind} stream ended: {Cause}")]
    public static partial void StreamEnded(this ILogger logger, NamespacedName vmi, string kind, string cause);
}

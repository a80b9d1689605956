using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.EventExpiry;

internal static partial class EventExpiryLog
{
    [LoggerMessage(2001, LogLevel.Warning, "old events were not removed: {Cause}")]
    public static partial void SweepFailed(this ILogger logger, string cause);
}

using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Controllers;

internal static partial class ControllerLog
{
    [LoggerMessage(1001, LogLevel.Warning, "{Controller}: {Key} failed (try {Failures}), next in {Delay:0.###} s")]
    public static partial void ReconcileFailed(this ILogger logger, Exception cause, string controller, string key, int failures, double delay);

    [LoggerMessage(1002, LogLevel.Debug, "{Controller}: {Key} lost a race ({Cause}), next in {Delay:0.###} s")]
    public static partial void RaceLost(this ILogger logger, string controller, string key, string cause, double delay);

    [LoggerMessage(1003, LogLevel.Error, "{Runnable} ended and is started again in {Delay:0.###} s")]
    public static partial void RunnableEnded(this ILogger logger, Exception? cause, string runnable, double delay);

    [LoggerMessage(1004, LogLevel.Information, "{Identity} leads {Lease}")]
    public static partial void Leading(this ILogger logger, string identity, string lease);

    [LoggerMessage(1005, LogLevel.Warning, "{Identity} no longer leads {Lease}")]
    public static partial void LeadershipLost(this ILogger logger, string identity, string lease);

    [LoggerMessage(1006, LogLevel.Warning, "{Identity} could not acquire or renew {Lease}")]
    public static partial void LeaseWriteFailed(this ILogger logger, Exception cause, string identity, string lease);
}

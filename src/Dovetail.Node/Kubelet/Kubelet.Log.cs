using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Kubelet;

/// <summary>Commands are never in here: people type passwords into them.</summary>
internal static partial class KubeletLog
{
    [LoggerMessage(EventId = 3050, Level = LogLevel.Information, Message = "Node {Node}: logs, commands and ports of its pods at {Address}")]
    public static partial void KubeletListens(this ILogger logger, string node, string address);

    [LoggerMessage(EventId = 3051, Level = LogLevel.Warning, Message = "Node {Node}: no port for logs and commands: {Cause}; trying again")]
    public static partial void KubeletFailed(this ILogger logger, string node, string cause);

    [LoggerMessage(EventId = 3052, Level = LogLevel.Information, Message = "Pod {Namespace}/{Pod}: a session broke off: {Cause}")]
    public static partial void SessionBroke(this ILogger logger, string @namespace, string pod, string cause);

    [LoggerMessage(EventId = 3053, Level = LogLevel.Information, Message = "Pod {Pod}: port forwarding broke off: {Cause}")]
    public static partial void ForwardingEnded(this ILogger logger, string pod, string cause);
}

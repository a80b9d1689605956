using Microsoft.Extensions.Logging;

namespace Dovetail.Node;

internal static partial class NodeLog
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "Pod {Namespace}/{Pod} ({Uid}): sandbox started")]
    public static partial void SandboxStarted(this ILogger logger, string uid, string @namespace, string pod);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "Pod {Namespace}/{Pod} ({Uid}): asked to end")]
    public static partial void SandboxTerminating(this ILogger logger, string uid, string @namespace, string pod);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "Pod {Namespace}/{Pod} ({Uid}): killed")]
    public static partial void SandboxKilled(this ILogger logger, string uid, string @namespace, string pod);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Information, Message = "Pod {Namespace}/{Pod} ({Uid}): removed from this node")]
    public static partial void SandboxRemoved(this ILogger logger, string uid, string @namespace, string pod);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Warning, Message = "Removed what a pod that is not known any more left behind: {What} {Name}")]
    public static partial void StrayRemoved(this ILogger logger, string what, string name);

    [LoggerMessage(EventId = 3010, Level = LogLevel.Information, Message = "Node {Node}: pod network {Subnet} on {Bridge}")]
    public static partial void NetworkReady(this ILogger logger, string node, string subnet, string bridge);

    [LoggerMessage(EventId = 3011, Level = LogLevel.Error, Message = "Node {Node}: the pod network cannot be set up: {Cause}")]
    public static partial void NetworkFailed(this ILogger logger, string node, string cause);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Information, Message = "Node {Node}: KVM usable: {Usable}. {Reason}")]
    public static partial void KvmProbed(this ILogger logger, string node, bool usable, string reason);

    [LoggerMessage(EventId = 3013, Level = LogLevel.Warning, Message = "Node {Node}: its object could not be written: {Cause}")]
    public static partial void RegistrationFailed(this ILogger logger, string node, string cause);

    [LoggerMessage(EventId = 3015, Level = LogLevel.Warning, Message = "Node {Node}: no warm libvirt capability cache, the next guests start slower: {Cause}")]
    public static partial void CapabilityCacheFailed(this ILogger logger, string node, string cause);

    [LoggerMessage(EventId = 3016, Level = LogLevel.Information, Message = "Node {Node}: libvirt capability cache made in {Milliseconds} ms")]
    public static partial void CapabilityCacheMade(this ILogger logger, string node, long milliseconds);

    [LoggerMessage(EventId = 3017, Level = LogLevel.Error, Message = "Node {Node}: its pods are not looked after; beginning anew")]
    public static partial void PodsFailed(this ILogger logger, Exception cause, string node);

    [LoggerMessage(EventId = 3020, Level = LogLevel.Information, Message = "{Part}: started as process {Pid}")]
    public static partial void PartStarted(this ILogger logger, string part, int pid);

    [LoggerMessage(EventId = 3021, Level = LogLevel.Information, Message = "{Part}: found running as process {Pid}")]
    public static partial void PartAdopted(this ILogger logger, string part, int pid);

    [LoggerMessage(EventId = 3022, Level = LogLevel.Warning, Message = "{Part}: process {Pid} ended; it is started again in {Seconds} s")]
    public static partial void PartEnded(this ILogger logger, string part, int pid, double seconds);

    [LoggerMessage(EventId = 3023, Level = LogLevel.Warning, Message = "{Part}: could not be started: {Cause}; next try in {Seconds} s")]
    public static partial void PartFailed(this ILogger logger, string part, string cause, double seconds);

    [LoggerMessage(EventId = 3030, Level = LogLevel.Warning, Message = "DNS forwarder on {Address}: {Cause}")]
    public static partial void DnsFailed(this ILogger logger, string address, string cause);
}

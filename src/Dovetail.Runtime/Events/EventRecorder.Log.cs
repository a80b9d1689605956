using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Events;

internal static partial class EventRecorderLog
{
    [LoggerMessage(1201, LogLevel.Warning, "event {Reason} about {Kind} {Name} was not written: {Cause}")]
    public static partial void EventNotWritten(this ILogger logger, string kind, string name, string reason, string cause);
}

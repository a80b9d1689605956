using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Aggregation;

internal static partial class LocalApiServicesLog
{
    [LoggerMessage(1, LogLevel.Warning, "the APIServices of this server could not be put right; it is tried again")]
    public static partial void Failed(ILogger logger, Exception cause);
}

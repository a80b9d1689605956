using Microsoft.Extensions.Logging;

namespace Dovetail.Runtime.Caches;

internal static partial class InformerLog
{
    [LoggerMessage(1101, LogLevel.Warning, "the cache of {Resource} lost the API: {Cause}")]
    public static partial void CacheInterrupted(this ILogger logger, string resource, string cause);

    [LoggerMessage(1102, LogLevel.Debug, "the cache of {Resource} is still without the API (try {Failures}): {Cause}")]
    public static partial void CacheStillInterrupted(this ILogger logger, string resource, int failures, string cause);
}

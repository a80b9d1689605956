using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Crds;

internal static partial class CrdCleanupLog
{
    [LoggerMessage(1, LogLevel.Information, "CRD {Crd} is deleted: deleting its objects")]
    public static partial void Deleting(ILogger logger, string crd);

    [LoggerMessage(2, LogLevel.Error, "cleaning up after deleted CRDs failed; it is tried again")]
    public static partial void Failed(ILogger logger, Exception exception);
}

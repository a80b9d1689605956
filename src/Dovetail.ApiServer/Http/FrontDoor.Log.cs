using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Http;

internal static partial class FrontDoorLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Failed(ILogger logger, string method, string path, Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "{Method} {Path}: the client has gone ({Exception})")]
    public static partial void ClientGone(ILogger logger, string method, string path, string exception);
}

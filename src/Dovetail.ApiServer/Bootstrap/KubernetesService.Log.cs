using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Bootstrap;

internal static partial class KubernetesServiceLog
{
    [LoggerMessage(1, LogLevel.Warning, "the Service default/kubernetes could not be put right; it is tried again: {Cause}")]
    public static partial void Failed(ILogger logger, string cause);
}

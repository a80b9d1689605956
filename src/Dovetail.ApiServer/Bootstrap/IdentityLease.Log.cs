using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Bootstrap;

internal static partial class IdentityLeaseLog
{
    [LoggerMessage(1, LogLevel.Warning, "the lease {Name} of this API server could not be renewed; it is tried again: {Cause}")]
    public static partial void Failed(ILogger logger, string name, string cause);
}

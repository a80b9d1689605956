using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Security;

internal static partial class CertificateRotationLog
{
    [LoggerMessage(1, LogLevel.Information, "the certificate {Name} was renewed; the new one ends at {End:u}")]
    public static partial void Renewed(ILogger logger, string name, DateTimeOffset end);

    [LoggerMessage(2, LogLevel.Error, "the certificate {Name}, which ends at {End:u}, could not be renewed or published; it is tried again: {Cause}")]
    public static partial void Failed(ILogger logger, string name, DateTimeOffset end, string cause);

    [LoggerMessage(3, LogLevel.Warning, "the certificate authority ends at {End:u}; the next start of the server certifies its key for further ten years, then give clients elsewhere their kubeconfig again")]
    public static partial void AuthorityEnds(ILogger logger, DateTimeOffset end);
}

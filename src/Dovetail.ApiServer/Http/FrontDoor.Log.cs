using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Http;

internal static partial class FrontDoorLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Failed(ILogger logger, string method, string path, Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "{Method} {Path}: the client has gone ({Exception})")]
    public static partial void ClientGone(ILogger logger, string method, string path, string exception);

    /// <summary>The access log: one line a request. Bodies, headers and the queries of proxied requests are not in it, and so no secrets.</summary>
    [LoggerMessage(EventId = 3, Message = "{Verb} {Uri} by {User} ({Agent}): {Code} in {Milliseconds} ms, audit {AuditId}")]
    public static partial void Served(ILogger logger, LogLevel level, string verb, string uri, string user, string agent, int code, double milliseconds, string auditId);

    [LoggerMessage(4, LogLevel.Warning, "{Verb} {Uri} by {User} took {Milliseconds} ms ({Code}); {Reads} reads, {Writes} writes and {BodyBytes} bytes of bodies were in flight, audit {AuditId}")]
    public static partial void Slow(ILogger logger, string verb, string uri, string user, double milliseconds, int code, int reads, int writes, long bodyBytes, string auditId);
}

using Microsoft.Extensions.Logging;

namespace Dovetail.Workloads.Components;

internal static partial class ComponentStatusLog
{
    [LoggerMessage(2101, LogLevel.Warning, "the platform's namespaces could not be ensured: {Cause}")]
    public static partial void NamespacesNotEnsured(this ILogger logger, string cause);

    [LoggerMessage(2102, LogLevel.Warning, "the status of component {Component} could not be written: {Cause}")]
    public static partial void ComponentNotWritten(this ILogger logger, string component, string cause);

    [LoggerMessage(2103, LogLevel.Warning, "component {Component} does not answer its health check: {Cause}")]
    public static partial void CheckFailed(this ILogger logger, string component, string cause);
}

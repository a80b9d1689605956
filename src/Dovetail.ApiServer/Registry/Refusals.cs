using System.Collections.Immutable;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Registry;

/// <summary>The API's refusals with upstream's reasons, codes and wording (apimachinery, <c>pkg/api/errors</c>). Each is ready to be thrown.</summary>
public static class Refusals
{
    public static StatusException BadRequest(string message) => new(new ApiStatus { Code = 400, Reason = "BadRequest", Message = message });

    public static StatusException Unauthorized() => new(new ApiStatus { Code = 401, Reason = "Unauthorized", Message = "Unauthorized" });

    /// <summary>The path names nothing that is served.</summary>
    public static StatusException UnknownResource() =>
        new(new ApiStatus { Code = 404, Reason = "NotFound", Message = "the server could not find the requested resource", HasDetails = true });

    public static StatusException NotFound(string group, string resource, string name) =>
        About(404, "NotFound", group, resource, name, $"{Qualified(resource, group)} \"{name}\" not found");

    public static StatusException AlreadyExists(string group, string resource, string name) =>
        About(409, "AlreadyExists", group, resource, name, $"{Qualified(resource, group)} \"{name}\" already exists");

    /// <summary>The name came from generateName and every attempt met an object.</summary>
    public static StatusException GeneratedNameTaken(string group, string resource, string name) =>
        About(409, "AlreadyExists", group, resource, name, $"{Qualified(resource, group)} \"{name}\" already exists, the server was not able to generate a unique name for the object", retryAfterSeconds: 1);

    public static StatusException Conflict(string group, string resource, string name, string why) =>
        About(409, "Conflict", group, resource, name, $"Operation cannot be fulfilled on {Qualified(resource, group)} \"{name}\": {why}");

    public static StatusException StaleObject(string group, string resource, string name) =>
        Conflict(group, resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static StatusException Forbidden(string group, string resource, string name, string why, ImmutableArray<StatusCause> causes = default) => new(new ApiStatus
    {
        Code = 403,
        Reason = "Forbidden",
        Message = name.Length == 0 ? $"{Qualified(resource, group)} is forbidden: {why}" : $"{Qualified(resource, group)} \"{name}\" is forbidden: {why}",
        Name = name,
        Group = group,
        Kind = resource,
        Causes = causes.IsDefault ? [] : causes,
    });

    /// <summary>422: what is wrong with an object, every cause at once. <paramref name="kind"/> may be "" (patches).</summary>
    public static StatusException Invalid(string group, string kind, string name, IReadOnlyCollection<StatusCause> causes)
    {
        // The causes list a fault as often as a rule finds it, the message names it once.
        var list = causes.Select(c => c.Field.Length == 0 ? c.Message : $"{c.Field}: {c.Message}").Distinct(StringComparer.Ordinal).ToArray();
        var text = list.Length == 1 ? list[0] : $"[{string.Join(", ", list)}]";
        return new(new ApiStatus
        {
            Code = 422,
            Reason = "Invalid",
            Message = $"{Qualified(kind, group)} \"{name}\" is invalid: {text}",
            Name = name,
            Group = group,
            Kind = kind,
            Causes = [.. causes],
        });
    }

    public static StatusException MethodNotAllowed() =>
        new(new ApiStatus { Code = 405, Reason = "MethodNotAllowed", Message = "the server does not allow this method on the requested resource", HasDetails = true });

    public static StatusException VerbNotSupported(string group, string resource, string verb) => new(new ApiStatus
    {
        Code = 405,
        Reason = "MethodNotAllowed",
        Message = $"{verb} is not supported on resources of kind \"{Qualified(resource, group)}\"",
        Group = group,
        Kind = resource,
    });

    public static StatusException Expired(string message) => new(new ApiStatus { Code = 410, Reason = "Expired", Message = message });

    public static StatusException TooOldResourceVersion(long asked, long oldest) => Expired($"too old resource version: {asked} ({oldest})");

    /// <summary>A revision that has not been reached.</summary>
    public static StatusException TooLargeResourceVersion(long asked, long current) => new(new ApiStatus
    {
        Code = 504,
        Reason = "Timeout",
        Message = $"Timeout: Too large resource version: {asked}, current: {current}",
        Causes = [new StatusCause("ResourceVersionTooLarge", "Too large resource version", "")],
        RetryAfterSeconds = 1,
    });

    /// <summary>The work was not done within the time that the client or the server gives it; a write may still happen.</summary>
    public static StatusException Timeout() => new(new ApiStatus
    {
        Code = 504,
        Reason = "Timeout",
        Message = "Timeout: request did not complete within requested timeout - context deadline exceeded",
        HasDetails = true,
    });

    public static StatusException TooManyRequests(string message, int retryAfterSeconds) =>
        new(new ApiStatus { Code = 429, Reason = "TooManyRequests", Message = message, RetryAfterSeconds = retryAfterSeconds });

    public static StatusException TooLarge(string message) => new(new ApiStatus { Code = 413, Reason = "RequestEntityTooLarge", Message = message });

    public static StatusException ServiceUnavailable(string message) => new(new ApiStatus { Code = 503, Reason = "ServiceUnavailable", Message = message });

    public static StatusException Internal(string message) => new(new ApiStatus { Code = 500, Reason = "InternalError", Message = $"Internal error occurred: {message}" });

    /// <summary><c>deployments.apps</c>, <c>pods</c>.</summary>
    public static string Qualified(string resource, string group) => group.Length == 0 ? resource : $"{resource}.{group}";

    /// <summary>A refusal whose details name the object.</summary>
    private static StatusException About(int code, string reason, string group, string resource, string name, string message, int? retryAfterSeconds = null) => new(new ApiStatus
    {
        Code = code,
        Reason = reason,
        Message = message,
        Name = name,
        Group = group,
        Kind = resource,
        RetryAfterSeconds = retryAfterSeconds,
    });
}

using Dovetail.Machinery.Errors;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>Refusals in the API's shape, with the reason that belongs to the HTTP code.</summary>
internal static class Refusals
{
    public static StatusException NotFound(string resource, string name) => Of(404, $"{resource}.kubevirt.io \"{name}\" not found", resource, name);

    public static StatusException Of(int code, string message, string resource, string name)
    {
        var reason = code switch
        {
            400 => "BadRequest",
            403 => "Forbidden",
            404 => "NotFound",
            405 => "MethodNotAllowed",
            409 => "Conflict",
            503 => "ServiceUnavailable",
            _ => "InternalError",
        };
        var shown = code == 409 ? $"Operation cannot be fulfilled on {resource}.kubevirt.io \"{name}\": {message}" : message;
        return new StatusException(new ApiStatus { Code = code, Reason = reason, Message = shown, Group = "kubevirt.io", Kind = resource, Name = name });
    }
}

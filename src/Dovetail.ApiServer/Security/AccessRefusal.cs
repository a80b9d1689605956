using Dovetail.ApiServer.Rbac;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Security;

/// <summary>403 in upstream's words.</summary>
public static class AccessRefusal
{
    public static StatusException Of(AccessRequest request, string reason)
    {
        var suffix = reason.Length == 0 ? "" : $": {reason}";
        var user = GoText.Quoted(request.User.Name);
        if (request.Path.Length > 0)
        {
            return new(new ApiStatus
            {
                Code = 403,
                Reason = "Forbidden",
                Message = $"forbidden: {Plain($"User {user} cannot {request.Verb} path \"{request.Path}\"")}{suffix}",
                HasDetails = true,
            });
        }

        var resource = request.Subresource.Length == 0 ? request.Resource : $"{request.Resource}/{request.Subresource}";
        var where = request.Namespace.Length > 0 ? $"in the namespace \"{request.Namespace}\"" : "at the cluster scope";
        return Refusals.Forbidden(
            request.Group, request.Resource, request.Name, Plain($"User {user} cannot {request.Verb} resource \"{resource}\" in API group \"{request.Group}\" {where}") + suffix);
    }

    /// <summary>Nothing that a browser could take for HTML.</summary>
    private static string Plain(string text) => text.AsSpan().IndexOfAny('&', '<', '>') < 0
        ? text
        : text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}

using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Node.Kubelet;

/// <summary>What a request to the kubelet endpoint has to be allowed: a verb on one of several subresources of the node (upstream: <c>pkg/kubelet/server/auth.go</c>).</summary>
/// <param name="Verb">As the API server knows it; "" for a method that has none.</param>
/// <param name="Subresources">One of them is enough; the finer ones come first.</param>
internal sealed record NodeAccess(string Verb, ImmutableArray<string> Subresources)
{
    public static NodeAccess Of(string method, PathString path)
    {
        var verb = method switch
        {
            "GET" => "get",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => "",
        };
        return new(verb, Named(path));
    }

    private static ImmutableArray<string> Named(PathString path) =>
        Under(path, "/stats") ? ["stats"]
        : Under(path, "/metrics") ? ["metrics"]
        : Under(path, "/logs") ? ["log"]
        : Under(path, "/checkpoint") ? ["checkpoint"]
        : Under(path, "/statusz") ? ["statusz"]
        : Under(path, "/flagz") ? ["configz"]
        : Under(path, "/pods") || Under(path, "/runningpods") ? ["pods", "proxy"]
        : Under(path, "/healthz") ? ["healthz", "proxy"]
        : Under(path, "/configz") ? ["configz", "proxy"]
        : ["proxy"];

    private static bool Under(PathString path, string root) => path.StartsWithSegments(root, StringComparison.Ordinal);
}

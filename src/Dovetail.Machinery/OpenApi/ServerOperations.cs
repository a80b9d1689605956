namespace Dovetail.Machinery.OpenApi;

/// <summary>Operations on the server itself: what it serves, its version, and the keys of its tokens.</summary>
internal static class ServerOperations
{
    /// <summary>Upstream describes discovery of its own groups, not of custom resources' groups.</summary>
    public static OpenApiOperation Resources(OpenApiResource any) =>
        new($"/{any.GroupVersionPath}/", "get", $"get{ResourceOperations.GroupVersionId(any)}APIResources", ResourceOperations.Tag(any)) { Answer = OpenApiOperation.Meta + "APIResourceList" };

    public static OpenApiOperation Group(OpenApiResource any) =>
        new($"/apis/{any.Group}/", "get", $"get{ResourceOperations.GroupId(any)}APIGroup", ResourceOperations.GroupTag(any)) { Answer = OpenApiOperation.Meta + "APIGroup" };

    /// <summary>What stands outside of any group, by the document that it is in.</summary>
    public static IReadOnlyList<(string Document, OpenApiOperation Operation)> Others { get; } =
    [
        (".well-known/openid-configuration", new("/.well-known/openid-configuration/", "get", "getServiceAccountIssuerOpenIDConfiguration", "WellKnown") { Content = OpenApiContent.Json }),
        ("api", new("/api/", "get", "getCoreAPIVersions", "core") { Answer = OpenApiOperation.Meta + "APIVersions" }),
        ("apis", new("/apis/", "get", "getAPIVersions", "apis") { Answer = OpenApiOperation.Meta + "APIGroupList" }),
        ("openid/v1/jwks", new("/openid/v1/jwks/", "get", "getServiceAccountIssuerOpenIDKeyset", "openid") { Content = OpenApiContent.Keys }),
        ("version", new("/version/", "get", "getCodeVersion", "version") { Content = OpenApiContent.Json, Answer = "io.k8s.apimachinery.pkg.version.Info" }),
    ];
}

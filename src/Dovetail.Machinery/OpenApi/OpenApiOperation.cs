using System.Collections.Immutable;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.OpenApi;

/// <summary>What an operation takes in its body.</summary>
internal enum OpenApiBody
{
    None,

    /// <summary>The object itself.</summary>
    Object,
    Patch,
    DeleteOptions,
}

/// <summary>One method of one path.</summary>
/// <param name="Method">Lower case: get, post, put, patch, delete.</param>
/// <param name="Action"><c>x-kubernetes-action</c>: list, post, get, put, patch, delete, deletecollection, connect.</param>
/// <param name="Answer">The definition of what is answered.</param>
/// <param name="Subject">The definition of the object that is sent; used by <see cref="OpenApiBody.Object"/>.</param>
internal sealed record OpenApiOperation(string Path, string Method, string Action, string Id, string Tag, GroupVersionKind Kind, OpenApiBody Body, string Answer, string Subject, ImmutableArray<string> Parameters, ImmutableArray<int> Codes)
{
    public const string Status = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
    public const string DeleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
    public const string Patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

    private static readonly ImmutableArray<string> Selection = ["continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds"];
    private static readonly ImmutableArray<string> List = ["allowWatchBookmarks", .. Selection, "watch"];
    private static readonly ImmutableArray<string> Write = ["dryRun", "fieldManager", "fieldValidation"];
    private static readonly ImmutableArray<string> Delete = ["dryRun", "gracePeriodSeconds", "propagationPolicy"];

    /// <summary>Every operation on a resource and its subresources, path by path.</summary>
    public static IEnumerable<OpenApiOperation> Of(OpenApiResource resource)
    {
        var prefix = $"/{resource.GroupVersionPath}";
        var scope = resource.Namespaced ? $"{prefix}/namespaces/{{namespace}}" : prefix;
        var make = new Maker(resource);
        if (resource.Namespaced && resource.Verbs.Contains("list"))
            yield return make.Operation($"{prefix}/{resource.Plural}", "get", "list", $"list{make.Group}{resource.Kind}ForAllNamespaces", OpenApiBody.None, List) with { Answer = resource.ListDefinitionName };
        var collection = $"{scope}/{resource.Plural}";
        foreach (var verb in resource.Verbs.Order(CollectionOrder))
        {
            switch (verb)
            {
                case "list":
                    yield return make.Operation(collection, "get", "list", make.Id("list"), OpenApiBody.None, List) with { Answer = resource.ListDefinitionName };
                    break;
                case "create":
                    yield return make.Operation(collection, "post", "post", make.Id("create"), OpenApiBody.Object, Write) with { Codes = [200, 201, 202] };
                    break;
                case "deletecollection":
                    yield return make.Operation(collection, "delete", "deletecollection", make.CollectionId(), OpenApiBody.DeleteOptions, [.. Delete, .. Selection]) with { Answer = Status };
                    break;
            }
        }
        foreach (var operation in One(make, $"{collection}/{{name}}", resource.Verbs, ""))
            yield return operation.Method == "delete" ? operation with { Answer = Status } : operation;
        foreach (var subresource in resource.Subresources.Where(static s => !s.Connects))
        {
            foreach (var operation in One(make.For(subresource), $"{collection}/{{name}}/{subresource.Name}", subresource.Verbs, Maker.Title(subresource.Name)))
                yield return operation;
        }
    }

    private static readonly Comparer<string> CollectionOrder = Comparer<string>.Create(static (a, b) => Rank(a) - Rank(b));

    private static int Rank(string verb) => verb switch { "list" => 0, "create" => 1, "deletecollection" => 2, _ => 3 };

    private static IEnumerable<OpenApiOperation> One(Maker make, string path, ImmutableArray<string> verbs, string suffix)
    {
        if (verbs.Contains("get"))
            yield return make.Operation(path, "get", "get", make.Id("read") + suffix, OpenApiBody.None, []);
        if (suffix.Length > 0 && verbs.Contains("create"))
            yield return make.Operation(path, "post", "post", make.Id("create") + suffix, OpenApiBody.Object, Write) with { Codes = [200, 201, 202] };
        if (verbs.Contains("update"))
            yield return make.Operation(path, "put", "put", make.Id("replace") + suffix, OpenApiBody.Object, Write) with { Codes = [200, 201] };
        if (verbs.Contains("delete"))
            yield return make.Operation(path, "delete", "delete", make.Id("delete") + suffix, OpenApiBody.DeleteOptions, Delete) with { Codes = [200, 202] };
        if (verbs.Contains("patch"))
            yield return make.Operation(path, "patch", "patch", make.Id("patch") + suffix, OpenApiBody.Patch, [.. Write, "force"]) with { Codes = [200, 201] };
    }

    /// <summary>Fills in what all operations of a resource, or of one of its subresources, share.</summary>
    private sealed class Maker(OpenApiResource resource)
    {
        private GroupVersionKind kind = new(resource.Group, resource.Version, resource.Kind);
        private string definition = resource.DefinitionName;

        /// <summary>Group and version in operation ids: CoreV1, RbacAuthorizationV1, KubevirtIoV1.</summary>
        public string Group { get; } = string.Concat(Words(resource).Select(Title)) + Title(resource.Version);

        private string Tag
        {
            get
            {
                var words = Words(resource);
                return $"{words[0]}{string.Concat(words.Skip(1).Select(Title))}_{resource.Version}";
            }
        }

        public static string Title(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];

        public string Id(string verb) => $"{verb}{Group}{(resource.Namespaced ? "Namespaced" : "")}{resource.Kind}";

        public string CollectionId() => $"delete{Group}Collection{(resource.Namespaced ? "Namespaced" : "")}{resource.Kind}";

        public Maker For(BuiltInSubresource subresource)
        {
            var group = subresource.Version.Length == 0 ? resource.Group : subresource.Group;
            var version = subresource.Version.Length == 0 ? resource.Version : subresource.Version;
            return new(resource)
            {
                kind = new(group, version, subresource.Kind),
                definition = subresource.Kind == resource.Kind ? resource.DefinitionName : $"io.k8s.api.{(group.Length == 0 ? "core" : group.Split('.')[0])}.{version}.{subresource.Kind}",
            };
        }

        public OpenApiOperation Operation(string path, string method, string action, string id, OpenApiBody body, ImmutableArray<string> parameters) =>
            new(path, method, action, id, Tag, kind, body, definition, definition, parameters, [200]);

        private static string[] Words(OpenApiResource resource)
        {
            const string own = ".k8s.io";
            if (resource.Group.Length == 0)
                return ["core"];
            return (resource.IsBuiltIn && resource.Group.EndsWith(own, StringComparison.Ordinal) ? resource.Group[..^own.Length] : resource.Group).Split('.');
        }
    }
}

using System.Collections.Immutable;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.OpenApi;

/// <summary>The operations on one resource and its subresources, named as upstream names them (<c>k8s.io/apiserver/pkg/endpoints/installer.go</c>; for custom resources apiextensions' own builder).</summary>
internal sealed class ResourceOperations
{
    private static readonly ImmutableArray<string> Selection = ["continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch", "sendInitialEvents", "timeoutSeconds"];
    private static readonly ImmutableArray<string> ListParameters = ["allowWatchBookmarks", .. Selection, "watch"];
    private static readonly ImmutableArray<string> WriteParameters = ["dryRun", "fieldManager", "fieldValidation"];
    private static readonly ImmutableArray<string> DeleteParameters = ["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"];
    private static readonly ImmutableArray<string> ProxyMethods = ["get", "put", "post", "delete", "options", "head", "patch"];

    private readonly OpenApiResource resource;
    private readonly string group;
    private readonly string tag;

    private ResourceOperations(OpenApiResource resource)
    {
        this.resource = resource;
        var words = Words(resource);
        group = string.Concat(words.Select(Title)) + Title(resource.Version);
        tag = Tag(resource);
    }

    /// <summary>Every operation, path by path.</summary>
    public static IEnumerable<OpenApiOperation> Of(OpenApiResource resource) => new ResourceOperations(resource).All();

    /// <summary>Group and version as tags have them: <c>core_v1</c>, <c>rbacAuthorization_v1</c>.</summary>
    public static string Tag(OpenApiResource resource) => $"{GroupTag(resource)}_{resource.Version}";

    /// <summary>The group alone: <c>core</c>, <c>rbacAuthorization</c>.</summary>
    public static string GroupTag(OpenApiResource resource)
    {
        var words = Words(resource);
        return words[0] + string.Concat(words.Skip(1).Select(Title));
    }

    /// <summary>Group and version in operation ids: CoreV1, RbacAuthorizationV1, KubevirtIoV1.</summary>
    public static string GroupVersionId(OpenApiResource resource) => new ResourceOperations(resource).group;

    /// <summary>The group in operation ids.</summary>
    public static string GroupId(OpenApiResource resource) => string.Concat(Words(resource).Select(Title));

    private IEnumerable<OpenApiOperation> All()
    {
        var prefix = $"/{resource.GroupVersionPath}";
        var collection = resource.Namespaced ? $"{prefix}/namespaces/{{namespace}}/{resource.Plural}" : $"{prefix}/{resource.Plural}";
        if (resource.Namespaced && resource.Verbs.Contains("list"))
            yield return List($"{prefix}/{resource.Plural}", $"list{group}{resource.Kind}ForAllNamespaces");
        foreach (var operation in Collection(collection))
            yield return operation;
        var item = $"{collection}/{{name}}";
        foreach (var operation in Item(item, "", resource.Verbs, resource.DefinitionName, ItemKind))
            yield return operation;
        foreach (var subresource in resource.Subresources)
        {
            var operations = subresource.Connects && subresource.Kind != resource.Kind
                ? Connections($"{item}/{subresource.Name}", subresource)
                : Item($"{item}/{subresource.Name}", subresource.Name, subresource.Verbs, DefinitionOf(subresource), KindOf(subresource));
            foreach (var operation in operations)
                yield return operation;
        }
    }

    private IEnumerable<OpenApiOperation> Collection(string path)
    {
        if (resource.Verbs.Contains("list"))
            yield return List(path, Id("list"));
        if (resource.Verbs.Contains("create"))
            yield return Create(path, Id("create"), resource.DefinitionName, ItemKind);
        if (!resource.Verbs.Contains("deletecollection"))
            yield break;
        yield return new(path, "delete", $"delete{group}Collection{(resource.Namespaced ? "Namespaced" : "")}{resource.Kind}", tag)
        {
            Action = "deletecollection",
            Kind = ItemKind,
            Body = resource.IsBuiltIn ? OpenApiBody.DeleteOptions : OpenApiBody.None,
            Answer = OpenApiOperation.Status,
            Parameters = resource.IsBuiltIn ? [.. DeleteParameters, .. Selection] : ListParameters,
        };
    }

    private IEnumerable<OpenApiOperation> Item(string path, string subresource, ImmutableArray<string> verbs, string definition, GroupVersionKind kind)
    {
        var suffix = Title(subresource);
        if (subresource == "log")
        {
            yield return new(path, "get", Id("read") + suffix, tag) { Action = "get", Kind = kind, Content = OpenApiContent.Log, Parameters = OpenApiParameters.Log };
            yield break;
        }
        if (verbs.Contains("get"))
            yield return new(path, "get", Id("read") + suffix, tag) { Action = "get", Kind = kind, Answer = definition, Parameters = resource.IsBuiltIn ? [] : ["resourceVersion"] };
        if (subresource.Length > 0 && verbs.Contains("create"))
            yield return Create(path, Id("create") + suffix, definition, kind);
        if (verbs.Contains("update"))
            yield return new(path, "put", Id("replace") + suffix, tag) { Action = "put", Kind = kind, Body = OpenApiBody.Object, Subject = definition, Answer = definition, Parameters = WriteParameters, Codes = [200, 201] };
        if (verbs.Contains("delete"))
        {
            yield return new(path, "delete", Id("delete") + suffix, tag)
            {
                Action = "delete",
                Kind = kind,
                Body = OpenApiBody.DeleteOptions,
                Answer = resource.AnswersDeleted ? definition : OpenApiOperation.Status,
                Parameters = DeleteParameters,
                Codes = [200, 202],
            };
        }
        if (verbs.Contains("patch"))
        {
            yield return new(path, "patch", Id("patch") + suffix, tag)
            {
                Action = "patch",
                Kind = kind,
                Body = OpenApiBody.Patch,
                Answer = definition,
                Parameters = [.. WriteParameters, "force"],
                Codes = resource.IsBuiltIn ? [200, 201] : [200],
            };
        }
    }

    private IEnumerable<OpenApiOperation> Connections(string path, BuiltInSubresource subresource)
    {
        if (subresource.Name != "proxy")
            return Connect(path, ["get", "post"], subresource, "");
        return Connect(path, ProxyMethods, subresource, "").Concat(Connect($"{path}/{{path}}", ProxyMethods, subresource, "WithPath"));
    }

    private IEnumerable<OpenApiOperation> Connect(string path, ImmutableArray<string> methods, BuiltInSubresource subresource, string suffix)
    {
        foreach (var method in methods)
        {
            yield return new(path, method, $"connect{group}{Title(method)}{(resource.Namespaced ? "Namespaced" : "")}{resource.Kind}{Title(subresource.Name)}{suffix}", tag)
            {
                Action = "connect",
                Kind = KindOf(subresource),
                Content = OpenApiContent.Connection,
                Parameters = OpenApiParameters.OfConnection(subresource.Name),
            };
        }
    }

    private OpenApiOperation List(string path, string id) =>
        new(path, "get", id, tag) { Action = "list", Kind = ItemKind, Content = OpenApiContent.List, Answer = resource.ListDefinitionName, Parameters = ListParameters };

    private OpenApiOperation Create(string path, string id, string definition, GroupVersionKind kind) => new(path, "post", id, tag)
    {
        Action = "post",
        Kind = kind,
        Body = OpenApiBody.Object,
        Subject = definition,
        Answer = definition,
        Parameters = WriteParameters,
        Codes = [200, 201, 202],
    };

    private GroupVersionKind ItemKind => new(resource.Group, resource.Version, resource.Kind);

    private string Id(string verb) => $"{verb}{group}{(resource.Namespaced ? "Namespaced" : "")}{resource.Kind}";

    /// <summary>The kind of a subresource; a custom resource's scale goes by the resource's own.</summary>
    private GroupVersionKind KindOf(BuiltInSubresource subresource) =>
        !resource.IsBuiltIn ? ItemKind
        : subresource.Version.Length == 0 ? new(resource.Group, resource.Version, subresource.Kind)
        : new(subresource.Group, subresource.Version, subresource.Kind);

    private string DefinitionOf(BuiltInSubresource subresource)
    {
        if (subresource.Kind == resource.Kind)
            return resource.DefinitionName;
        var kind = subresource.Version.Length == 0 ? new(resource.Group, resource.Version, subresource.Kind) : new GroupVersionKind(subresource.Group, subresource.Version, subresource.Kind);
        return BuiltInSchemas.DefinitionNameOf(kind) ?? throw new InvalidDataException($"there is no definition of {kind}");
    }

    private static string Title(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];

    private static string[] Words(OpenApiResource resource)
    {
        const string own = ".k8s.io";
        if (resource.Group.Length == 0)
            return ["core"];
        return (resource.IsBuiltIn && resource.Group.EndsWith(own, StringComparison.Ordinal) ? resource.Group[..^own.Length] : resource.Group).Split('.');
    }
}

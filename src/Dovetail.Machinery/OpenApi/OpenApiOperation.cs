using System.Collections.Immutable;
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

/// <summary>In which media types an operation answers.</summary>
internal enum OpenApiContent
{
    /// <summary>One object.</summary>
    Object,

    /// <summary>A list, which may be watched.</summary>
    List,

    /// <summary>Text of a container.</summary>
    Log,

    /// <summary>Whatever it is that the connection leads to.</summary>
    Connection,

    /// <summary>JSON alone.</summary>
    Json,

    /// <summary>The keys that service account tokens are signed with.</summary>
    Keys,
}

/// <summary>One method of one path.</summary>
/// <param name="Path">With its parameters in braces.</param>
/// <param name="Method">Lower case: get, post, put, patch, delete, head, options.</param>
/// <param name="Id"><c>operationId</c>, by which client generators name their functions.</param>
/// <param name="Tag">The group and version, or what stands for them.</param>
internal sealed record OpenApiOperation(string Path, string Method, string Id, string Tag)
{
    public const string Status = Meta + "Status";
    public const string DeleteOptions = Meta + "DeleteOptions";
    public const string Patch = Meta + "Patch";
    public const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    /// <summary><c>x-kubernetes-action</c>: list, post, get, put, patch, delete, deletecollection, connect; "" on what is no resource.</summary>
    public string Action { get; init; } = "";

    /// <summary>What it is done to; null on what is no resource.</summary>
    public GroupVersionKind? Kind { get; init; }

    public OpenApiBody Body { get; init; }

    public OpenApiContent Content { get; init; }

    /// <summary>The definition of the object that is sent; used by <see cref="OpenApiBody.Object"/>.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The definition of what is answered; "" is a plain string.</summary>
    public string Answer { get; init; } = "";

    /// <summary>Parameters of the query, as <see cref="OpenApiParameters"/> names them.</summary>
    public ImmutableArray<string> Parameters { get; init; } = [];

    public ImmutableArray<int> Codes { get; init; } = [200];

    /// <summary>The definition of what is sent, whatever it is; null when there is no body.</summary>
    public string? Sent => Body switch
    {
        OpenApiBody.None => null,
        OpenApiBody.Object => Subject,
        OpenApiBody.Patch => Patch,
        OpenApiBody.DeleteOptions => DeleteOptions,
    };
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>Rules of Kubernetes' own kinds beyond their schemas; metadata is checked by <see cref="Schemas.ObjectMetaValidation"/>.</summary>
public static class BuiltInValidation
{
    /// <summary>Adds every broken rule of a new object.</summary>
    public static void ValidateCreate(BuiltInResource resource, JsonObject obj, List<StatusCause> causes)
    {
    }

    /// <summary>Adds every broken rule of a changed object: those of a new one, and what may not change.</summary>
    /// <param name="subresource">"" or "status"; a status write is checked against fewer rules.</param>
    public static void ValidateUpdate(BuiltInResource resource, JsonObject obj, JsonObject old, string subresource, List<StatusCause> causes)
    {
    }
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;

namespace Dovetail.Machinery.Schemas;

/// <summary>What a kind's names must look like.</summary>
public enum NameRule
{
    /// <summary>RFC 1123 subdomain, at most 253 characters: most kinds, and every custom resource.</summary>
    DnsSubdomain,

    /// <summary>RFC 1123 label, at most 63 characters: namespaces.</summary>
    DnsLabel,

    /// <summary>RFC 1035 label, at most 63 characters, starting with a letter: services.</summary>
    Dns1035Label,

    /// <summary>Anything that fits one path segment: rbac.authorization.k8s.io.</summary>
    PathSegment,
}

/// <summary>Validation of <c>metadata</c>, the same for every kind.</summary>
public static class ObjectMetaValidation
{
    /// <summary>Adds every broken rule of a new object's metadata. The name is already generated when generateName was given.</summary>
    public static void ValidateCreate(JsonObject obj, NameRule rule, bool namespaced, List<StatusCause> causes)
    {
    }

    /// <summary>Adds every broken rule of changed metadata: those of a new object, and what may not change.</summary>
    public static void ValidateUpdate(JsonObject obj, JsonObject old, NameRule rule, bool namespaced, List<StatusCause> causes)
    {
    }
}

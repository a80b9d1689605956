using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>How an answer is represented.</summary>
internal enum Representation
{
    Object,
    Table,
    PartialMetadata,
}

/// <summary>The outcome of content negotiation: what is sent, in which meta.k8s.io version, and whether as YAML.</summary>
internal readonly record struct Negotiated(Representation As, string MetaVersion, bool Yaml)
{
    public string ContentType => Yaml ? "application/yaml" : MediaType.Json;
}

/// <summary>Reads <c>Accept</c> clause by clause, in the client's order, as upstream does: the first that can be served wins; protobuf and CBOR are passed over.</summary>
internal static class MediaType
{
    public const string Json = "application/json";
    public const string Protobuf = "application/vnd.kubernetes.protobuf";

    /// <summary>Null: nothing that the client takes can be served (406).</summary>
    public static Negotiated? Negotiate(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0) return new(Representation.Object, "", false);
        var text = accept.Count == 1 ? accept[0]! : string.Join(',', accept!);
        if (text.Length == 0 || text == Json) return new(Representation.Object, "", false);
        foreach (var clause in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parameters = clause.Split(';', StringSplitOptions.TrimEntries);
            var yaml = parameters[0] is "application/yaml";
            if (!yaml && parameters[0] is not (Json or "application/*" or "*/*")) continue;
            string kind = "", group = "", version = "";
            foreach (var parameter in parameters.AsSpan(1))
            {
                if (parameter.StartsWith("as=", StringComparison.Ordinal)) kind = parameter[3..];
                else if (parameter.StartsWith("g=", StringComparison.Ordinal)) group = parameter[2..];
                else if (parameter.StartsWith("v=", StringComparison.Ordinal)) version = parameter[2..];
            }

            if (kind.Length == 0) return new(Representation.Object, "", yaml);
            if (group != "meta.k8s.io" || version is not ("v1" or "v1beta1")) continue;
            if (kind == "Table") return new(Representation.Table, version, yaml);
            if (kind is "PartialObjectMetadata" or "PartialObjectMetadataList") return new(Representation.PartialMetadata, version, yaml);
        }

        return null;
    }

    /// <summary>The bare type of a Content-Type or "" when there is none.</summary>
    public static string Bare(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType)) return "";
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType[..end]).Trim().ToLowerInvariant();
    }
}

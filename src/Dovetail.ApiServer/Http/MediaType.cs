using System.Collections.Immutable;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Http;

/// <summary>How an answer is represented.</summary>
internal enum Representation
{
    Object,
    Table,
    PartialMetadata,
}

/// <summary>In which bytes an answer is sent.</summary>
internal enum WireFormat
{
    Json,
    Yaml,
    Protobuf,
}

/// <summary>The outcome of content negotiation: what is sent, in which meta.k8s.io version, in which bytes.</summary>
/// <param name="As">What is made of the object.</param>
/// <param name="MetaVersion">"" for objects as they are.</param>
/// <param name="Format">Its bytes.</param>
/// <param name="Pretty">JSON for the eye.</param>
/// <param name="AsList">PartialObjectMetadataList was asked for, rather than PartialObjectMetadata.</param>
internal readonly record struct Negotiated(Representation As, string MetaVersion, WireFormat Format, bool Pretty = false, bool AsList = false)
{
    public string ContentType => Format switch
    {
        WireFormat.Json => MediaType.Json,
        WireFormat.Yaml => MediaType.Yaml,
        WireFormat.Protobuf => MediaType.Protobuf,
    };
}

/// <summary>What an endpoint can send: protobuf for built-in kinds alone, tables and metadata for objects that have them, streams for what can be watched.</summary>
internal readonly record struct Servable(bool Protobuf, bool Transforms, bool Streams, bool BuiltIn);

/// <summary>Content negotiation as upstream does it (apiserver, <c>handlers/negotiation</c>): the first clause of <c>Accept</c> that can be served wins.</summary>
internal static class MediaType
{
    public const string Json = "application/json";
    public const string Yaml = "application/yaml";
    public const string Protobuf = Machinery.Protobuf.KubernetesProtobuf.MediaType;

    private const string MetaGroup = "meta.k8s.io";

    /// <summary>The media types that request bodies and answers have.</summary>
    public const string All = $"{Json}, {Yaml}, {Protobuf}";

    private static readonly ImmutableArray<(string SubType, WireFormat Format)> Formats =
        [("json", WireFormat.Json), ("yaml", WireFormat.Yaml), ("vnd.kubernetes.protobuf", WireFormat.Protobuf)];

    /// <exception cref="StatusException">406: nothing that the client takes can be served.</exception>
    public static Negotiated Negotiate(HttpRequest request, Servable servable)
    {
        var pretty = IsPretty(request);
        var text = Accept(request);
        if (text.Length == 0 || text == Json) return new(Representation.Object, "", WireFormat.Json, pretty);
        var clauses = AcceptHeader.Parse(text);
        if (servable.BuiltIn) RequireOffered(clauses, servable);
        foreach (var clause in clauses)
        {
            foreach (var (subType, format) in Formats)
            {
                if (clause.Takes(subType) && Serve(clause, format, servable) is { } negotiated) return negotiated with { Pretty = pretty || clause.Pretty };
            }
        }

        throw NotAcceptable($"only the following media types are accepted: {All}", generic: false);
    }

    /// <summary>In which bytes a failure is told; JSON when the client takes nothing that there is.</summary>
    public static Negotiated ForFailure(HttpRequest request)
    {
        var text = Accept(request);
        var pretty = IsPretty(request);
        if (text.Length == 0 || text == Json) return new(Representation.Object, "", WireFormat.Json, pretty);
        foreach (var clause in AcceptHeader.Parse(text))
        {
            if (clause.Converts || clause.Stream is not ("" or "watch")) continue;
            foreach (var (subType, format) in Formats)
            {
                if (clause.Takes(subType)) return new(Representation.Object, "", format, pretty);
            }
        }

        return new(Representation.Object, "", WireFormat.Json, Pretty: true);
    }

    /// <summary>The bare type of a Content-Type or "" when there is none.</summary>
    public static string Bare(string? contentType)
    {
        if (string.IsNullOrEmpty(contentType)) return "";
        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType[..end]).Trim().ToLowerInvariant();
    }

    /// <summary><c>?pretty=true</c>, or a client behind which a human sits.</summary>
    public static bool IsPretty(HttpRequest request)
    {
        if (request.QueryString.HasValue && request.Query.TryGetValue("pretty", out var values) && values.ToString() is { Length: > 0 } asked)
            return asked is "1" or "t" or "T" or "true" or "TRUE" or "True";
        var agents = request.Headers.UserAgent;
        return agents.Count == 1 && agents[0] is { } agent
            && (agent.StartsWith("curl", StringComparison.Ordinal) || agent.StartsWith("Wget", StringComparison.Ordinal) || agent.StartsWith("Mozilla/5.0", StringComparison.Ordinal));
    }

    private static string Accept(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        return accept.Count switch
        {
            0 => "",
            1 => accept[0] ?? "",
            _ => string.Join(',', accept!),
        };
    }

    private static Negotiated? Serve(AcceptClause clause, WireFormat format, Servable servable)
    {
        if (clause.ServerVersion || (clause.Stream.Length > 0 && (clause.Stream != "watch" || format == WireFormat.Yaml))) return null;
        if (!clause.Converts) return format == WireFormat.Protobuf && !servable.Protobuf ? null : new(Representation.Object, "", format);
        if (!servable.Transforms || clause.Group != MetaGroup || clause.Version is not ("v1" or "v1beta1")) return null;
        return clause.Kind switch
        {
            "Table" when format != WireFormat.Protobuf => new(Representation.Table, clause.Version, format),
            "PartialObjectMetadata" => new(Representation.PartialMetadata, clause.Version, format),
            "PartialObjectMetadataList" => new(Representation.PartialMetadata, clause.Version, format, AsList: true),
            _ => null,
        };
    }

    /// <summary>Upstream's router looks at bare types, <c>*/*</c> being the only wildcard that it knows, before the handler looks at parameters.</summary>
    private static void RequireOffered(ImmutableArray<AcceptClause> clauses, Servable servable)
    {
        foreach (var clause in clauses)
        {
            if (clause is { Type: "*", SubType: "*" } || (clause.Type == "application" && Formats.Any(f => f.SubType == clause.SubType))) return;
        }

        var streams = servable.Streams ? $", {Json};stream=watch, {Protobuf};stream=watch" : "";
        throw NotAcceptable($"406: Not Acceptable\n\nAvailable representations: {All}{streams}", generic: true);
    }

    public static StatusException NotAcceptable(string message, bool generic = false) => new(new ApiStatus { Code = 406, Reason = "NotAcceptable", Message = message, HasDetails = generic });

    public static StatusException Unsupported(string message, bool generic = false) => new(new ApiStatus { Code = 415, Reason = "UnsupportedMediaType", Message = message, HasDetails = generic });
}

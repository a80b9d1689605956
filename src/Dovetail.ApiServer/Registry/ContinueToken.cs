using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>Where a chunked list goes on: after (namespace, name), at the first chunk's revision. Revision -1 asks for the newest state, knowing that the list is then inconsistent.
/// <c>Begun</c> (Unix seconds) is when the first chunk was asked for.</summary>
/// <remarks>Upstream's shape, opaque to clients: base64url of <c>{"v":"meta.k8s.io/v1","rv":7,"begun":1700000000,"start":"ns/name\u0000"}</c>, begun being ours.</remarks>
public readonly record struct ContinueToken(long Revision, long Begun, string Namespace, string Name)
{
    public const long Inconsistent = -1;

    private static readonly SearchValues<char> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public string Encode()
    {
        var json = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = Revision, ["begun"] = Begun, ["start"] = $"{Namespace}/{Name}\0" };
        return Base64Url.EncodeToString(ObjectRenderer.Bytes(json));
    }

    /// <exception cref="Dovetail.Machinery.Errors.StatusException">400: the token is none of ours.</exception>
    public static ContinueToken Decode(string token)
    {
        var root = Parse(token);
        if (Text(root, "v") is not "meta.k8s.io/v1") throw Invalid($": server does not recognize this encoded version {Text(root, "v")}");
        if (root["rv"] is not JsonValue rv || !rv.TryGetValue(out long revision) || revision == 0) throw Invalid(": incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
        var start = Text(root, "start") ?? "";
        if (start.Length == 0) throw Invalid(": encoded start key empty (version meta.k8s.io/v1)");
        var slash = start.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || revision < Inconsistent) throw Invalid($": {start}");
        var begun = root["begun"] is JsonValue time && time.TryGetValue(out long seconds) ? seconds : 0;
        return new(revision, begun, start[..slash], start[(slash + 1)..].TrimEnd('\0'));
    }

    private static JsonObject Parse(string token)
    {
        if (token.AsSpan().IndexOfAnyExcept(Base64) is var at && at >= 0) throw Invalid($": illegal base64 data at input byte {at}");
        try
        {
            return JsonObjectReader.Read(Base64Url.DecodeFromChars(token)).Root as JsonObject ?? throw Invalid(": not an object");
        }
        catch (FormatException)
        {
            throw Invalid($": illegal base64 data at input byte {token.Length}");
        }
        catch (JsonException e)
        {
            throw Invalid($": {e.Message}");
        }
    }

    private static Machinery.Errors.StatusException Invalid(string why) => Refusals.BadRequest($"invalid continue token: continue key is not valid{why}");

    private static string? Text(JsonObject root, string name) => root[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}

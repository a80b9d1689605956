using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry;

/// <summary>Where a chunked list goes on: after (namespace, name), at the first chunk's revision. Revision -1 asks for the newest state, knowing that the list is then inconsistent.</summary>
/// <remarks>Upstream's shape, opaque to clients: base64url of <c>{"v":"meta.k8s.io/v1","rv":7,"start":"ns/name\u0000"}</c>.</remarks>
public readonly record struct ContinueToken(long Revision, string Namespace, string Name)
{
    public const long Inconsistent = -1;

    public string Encode()
    {
        var json = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = Revision, ["start"] = $"{Namespace}/{Name}\0" };
        return Base64Url.EncodeToString(ObjectRenderer.Bytes(json));
    }

    /// <exception cref="Dovetail.Machinery.Errors.StatusException">400: the token is none of ours.</exception>
    public static ContinueToken Decode(string token)
    {
        if (TryParse(token) is JsonObject root && Text(root, "v") == "meta.k8s.io/v1" && Text(root, "start") is { } start && root["rv"] is JsonValue rv && rv.TryGetValue(out long revision))
        {
            var slash = start.IndexOf('/', StringComparison.Ordinal);
            if (slash >= 0) return new(revision, start[..slash], start[(slash + 1)..].TrimEnd('\0'));
        }

        throw Refusals.BadRequest("continue key is not valid: encoded value is not one that this server issued");
    }

    private static JsonNode? TryParse(string token)
    {
        try
        {
            return JsonNode.Parse(Base64Url.DecodeFromChars(token.TrimEnd('=')));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonObject root, string name) => root[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}

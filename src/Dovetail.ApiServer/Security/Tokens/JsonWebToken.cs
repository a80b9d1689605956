using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Security.Tokens;

/// <summary>A JSON Web Token in compact form (RFC 7515): reading and writing, without judging what it claims.</summary>
internal sealed record JsonWebToken(string KeyId, string Algorithm, JsonObject Claims, byte[] Signed, byte[] Signature)
{
    private const int MaxLength = 16 * 1024;

    /// <summary>Null for what is no such token.</summary>
    public static JsonWebToken? TryParse(string token)
    {
        var first = token.IndexOf('.', StringComparison.Ordinal);
        var last = token.LastIndexOf('.');
        if (token.Length > MaxLength || first <= 0 || last <= first + 1) return null;
        if (Part(token.AsSpan(0, first)) is not { } head || Part(token.AsSpan(first + 1, last - first - 1)) is not { } body || Part(token.AsSpan(last + 1)) is not { } signature) return null;
        if (Parse(head) is not { } header || Parse(body) is not { } claims) return null;
        return new(header.Text("kid"), header.Text("alg"), claims, Encoding.ASCII.GetBytes(token[..last]), signature);
    }

    public static string Write(TokenKeys keys, Action<Utf8JsonWriter> claims)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            claims(writer);
            writer.WriteEndObject();
        }

        var header = Encoding.ASCII.GetBytes($$"""{"alg":"{{TokenKeys.Algorithm}}","kid":"{{keys.KeyId}}"}""");
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(body.WrittenSpan)}";
        return $"{signed}.{Base64Url.EncodeToString(keys.Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static byte[]? Part(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var count) ? bytes[..count] : null;
    }

    private static JsonObject? Parse(byte[] json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Protobuf;

/// <summary>Reads <c>application/vnd.kubernetes.protobuf</c>, in which typed clients send built-in kinds: the bytes <c>k8s\0</c>, then a message <c>runtime.Unknown</c>
/// {typeMeta 1 {apiVersion 1, kind 2}, raw 2, contentEncoding 3, contentType 4} whose raw is the object
/// (<see href="https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding"/>).</summary>
public static class KubernetesProtobuf
{
    public const string MediaType = "application/vnd.kubernetes.protobuf";

    private const string DeleteOptions = "DeleteOptions";

    private static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>The object as the same client would have sent it in JSON.</summary>
    /// <exception cref="ProtobufFormatException">The bytes are no such envelope, the kind is not a built-in one, or the object does not fit it.</exception>
    public static JsonObject Decode(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(Magic))
            throw new ProtobufFormatException("the data does not begin with \"k8s\\0\"");
        string apiVersion = "", kind = "", contentEncoding = "", contentType = "";
        ReadOnlySpan<byte> raw = [];
        var reader = new WireReader(body[Magic.Length..]);
        while (reader.TryTag(out var number, out var type))
        {
            switch (number)
            {
                case 1:
                    (apiVersion, kind) = TypeMeta(reader.LengthDelimited(type));
                    break;
                case 2:
                    raw = reader.LengthDelimited(type);
                    break;
                case 3:
                    contentEncoding = Encoding.UTF8.GetString(reader.LengthDelimited(type));
                    break;
                case 4:
                    contentType = Encoding.UTF8.GetString(reader.LengthDelimited(type));
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        if (contentEncoding.Length > 0)
            throw new ProtobufFormatException($"the contentEncoding \"{contentEncoding}\" is not supported");
        if (contentType is not ("" or MediaType))
            throw new ProtobufFormatException($"the contentType \"{contentType}\" is not supported");
        var obj = new JsonObject { ["kind"] = kind, ["apiVersion"] = apiVersion };
        ProtobufDecoder.Decode(ProtobufMessage.Of(BuiltInSchemas.Get(DefinitionName(apiVersion, kind))), raw, obj);
        return obj;
    }

    /// <inheritdoc cref="Decode"/>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlySpan<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>((body.Length * 2) + 1);
        using (var writer = new Utf8JsonWriter(buffer))
            Decode(body).WriteTo(writer);
        return buffer.WrittenMemory;
    }

    private static (string ApiVersion, string Kind) TypeMeta(ReadOnlySpan<byte> bytes)
    {
        string apiVersion = "", kind = "";
        var reader = new WireReader(bytes);
        while (reader.TryTag(out var number, out var type))
        {
            if (number == 1)
                apiVersion = Encoding.UTF8.GetString(reader.LengthDelimited(type));
            else if (number == 2)
                kind = Encoding.UTF8.GetString(reader.LengthDelimited(type));
            else
                reader.Skip(type);
        }
        return (apiVersion, kind);
    }

    /// <summary>DeleteOptions are a kind of every group and version.</summary>
    private static string DefinitionName(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var named = kind == DeleteOptions ? new("", "v1", kind) : new GroupVersionKind(slash < 0 ? "" : apiVersion[..slash], apiVersion[(slash + 1)..], kind);
        return BuiltInSchemas.DefinitionNameOf(named) ?? throw new ProtobufFormatException($"no kind \"{kind}\" is registered for version \"{apiVersion}\"");
    }
}

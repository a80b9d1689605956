using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Protobuf;

/// <summary>
/// Turns bodies in <c>application/vnd.kubernetes.protobuf</c> into JSON: client-go's typed clients, and so much of kubectl, write Kubernetes' own kinds in it and do not fall back. Answers are JSON,
/// which the same clients accept. The body is <c>"k8s\0"</c> and a <c>runtime.Unknown</c> with apiVersion, kind and the object.
/// </summary>
internal static class ProtobufDecoder
{
    private const int MaxDepth = 100;

    private static readonly byte[] Magic = "k8s\0"u8.ToArray();

    /// <exception cref="Machinery.Errors.StatusException">400: no such message, or a kind whose fields are not known here.</exception>
    public static JsonObject Decode(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(Magic)) throw Refusals.BadRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        try
        {
            return Envelope(body[Magic.Length..]);
        }
        catch (Exception e) when (e is FormatException or OverflowException or JsonException)
        {
            throw Refusals.BadRequest($"the protobuf body cannot be read: {e.Message}");
        }
    }

    private static JsonObject Envelope(ReadOnlySpan<byte> bytes)
    {
        string apiVersion = "", kind = "";
        ReadOnlySpan<byte> raw = default;
        var unknown = new WireReader(bytes);
        while (unknown.Read())
        {
            if (unknown.Number == 2) raw = unknown.Content;
            if (unknown.Number != 1) continue;
            var type = new WireReader(unknown.Content);
            while (type.Read())
            {
                if (type.Number == 1) apiVersion = Encoding.UTF8.GetString(type.Content);
                if (type.Number == 2) kind = Encoding.UTF8.GetString(type.Content);
            }
        }

        var message = kind == "DeleteOptions" ? "meta.v1.DeleteOptions" : $"{Package(apiVersion)}.{kind}";
        if (MessageTable.Find(message) is null) throw Refusals.BadRequest($"no kind \"{kind}\" of \"{apiVersion}\" is known in protobuf; send JSON");
        var result = new JsonObject { ["kind"] = kind, ["apiVersion"] = apiVersion };
        Message(message, raw, result, 0);
        return result;
    }

    /// <summary>core.v1 for v1, apps.v1 for apps/v1, rbac.v1 for rbac.authorization.k8s.io/v1.</summary>
    private static string Package(string apiVersion)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return $"core.{apiVersion}";
        var group = apiVersion[..slash];
        var dot = group.IndexOf('.', StringComparison.Ordinal);
        return $"{(dot < 0 ? group : group[..dot])}.{apiVersion[(slash + 1)..]}";
    }

    private static void Message(string message, ReadOnlySpan<byte> bytes, JsonObject target, int depth)
    {
        if (depth > MaxDepth) throw new FormatException($"messages are nested deeper than {MaxDepth}");
        var fields = MessageTable.Find(message) ?? throw new FormatException($"the message {message} is not known");
        var wire = new WireReader(bytes);
        while (wire.Read())
        {
            // A field of a newer Kubernetes is left out, as upstream's decoder does.
            if (!fields.TryGetValue(wire.Number, out var field)) continue;
            switch (field.Shape)
            {
                case FieldShape.Inline:
                    Message(field.Type, wire.Content, target, depth + 1);
                    break;
                case FieldShape.List:
                    if (target[field.Name] is not JsonArray list) target[field.Name] = list = [];
                    list.Add(Value(field.Type, ref wire, depth));
                    break;
                case FieldShape.Map:
                    if (target[field.Name] is not JsonObject map) target[field.Name] = map = [];
                    Entry(field.Type, wire.Content, map, depth);
                    break;
                default:
                    var value = Value(field.Type, ref wire, depth);
                    if (value is not null && !ZeroValues.IsLeftOut(field, value)) target[field.Name] = value;
                    break;
            }
        }
    }

    private static void Entry(string type, ReadOnlySpan<byte> bytes, JsonObject map, int depth)
    {
        var key = "";
        JsonNode? value = type switch
        {
            "string" or "bytes" => "",
            "int32" or "int64" => 0,
            _ => new JsonObject(),
        };
        var wire = new WireReader(bytes);
        while (wire.Read())
        {
            if (wire.Number == 1) key = Encoding.UTF8.GetString(wire.Content);
            else if (wire.Number == 2) value = Value(type, ref wire, depth);
        }

        map[key] = value;
    }

    private static JsonNode? Value(string type, ref WireReader wire, int depth)
    {
        switch (type)
        {
            case "string":
                return Encoding.UTF8.GetString(wire.Content);
            case "bytes":
                return Convert.ToBase64String(wire.Content);
            case "bool":
                return wire.Value != 0;
            case "int32" or "int64":
                return (long)wire.Value;
            case "double":
                return BitConverter.UInt64BitsToDouble(wire.Value);
            default:
                if (!wire.IsContent) throw new FormatException($"a message of type {type} is expected");
                if (WellKnown.TryRead(type, wire.Content, out var known)) return known;
                return type switch
                {
                    "apiextensions.v1.JSONSchemaPropsOrArray" => SchemaUnion(wire.Content, schemaNumber: 1, depth),
                    "apiextensions.v1.JSONSchemaPropsOrBool" => SchemaUnion(wire.Content, schemaNumber: 2, depth),
                    _ => Nested(type, wire.Content, depth),
                };
        }
    }

    private static JsonObject Nested(string type, ReadOnlySpan<byte> content, int depth)
    {
        var child = new JsonObject();
        Message(type, content, child, depth + 1);
        return child;
    }

    /// <summary>A schema, a list of schemas (field 2 of OrArray), or a truth value (field 1 of OrBool).</summary>
    private static JsonNode? SchemaUnion(ReadOnlySpan<byte> content, int schemaNumber, int depth)
    {
        JsonNode? result = null;
        var wire = new WireReader(content);
        while (wire.Read())
        {
            if (wire.Number == schemaNumber) result = Nested("apiextensions.v1.JSONSchemaProps", wire.Content, depth);
            else if (!wire.IsContent) result ??= wire.Value != 0;
            else
            {
                var list = result as JsonArray ?? [];
                list.Add((JsonNode)Nested("apiextensions.v1.JSONSchemaProps", wire.Content, depth));
                result = list;
            }
        }

        return result;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Protobuf;

/// <summary>The types whose Go code writes another JSON than their fields would: a Time is a message of seconds and nanos, but a text in JSON.</summary>
internal static class WellKnownTypes
{
    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private const string Extensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

    /// <summary>Objects that are one value to JSON; everything else of type object is decoded field by field.</summary>
    public static bool Is(Schema schema) => schema.DefinitionName is "io.k8s.apimachinery.pkg.runtime.RawExtension" or Meta + "FieldsV1";

    /// <summary>A whole JSON schema, inside of another.</summary>
    public static EncodedValue JsonSchemaProps { get; } = EncodedValue.Of(BuiltInSchemas.Get(Extensions + "JSONSchemaProps"));

    public static EncodedValue PlainText { get; } = EncodedValue.Of(new Schema { Type = SchemaType.String });

    /// <summary>Null: the type is none of these.</summary>
    public static EncodedKind? EncodedAs(string definitionName) => definitionName switch
    {
        Meta + "Time" or Meta + "MicroTime" => EncodedKind.Time,
        "io.k8s.apimachinery.pkg.api.resource.Quantity" => EncodedKind.Quantity,
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => EncodedKind.IntOrString,
        "io.k8s.apimachinery.pkg.runtime.RawExtension" or Meta + "FieldsV1" or Extensions + "JSON" => EncodedKind.Raw,
        Extensions + "JSONSchemaPropsOrArray" => EncodedKind.SchemaOrArray,
        Extensions + "JSONSchemaPropsOrBool" => EncodedKind.SchemaOrBool,
        Extensions + "JSONSchemaPropsOrStringArray" => EncodedKind.SchemaOrStringArray,
        _ => null,
    };

    /// <summary>A schema or nothing at all: <c>additionalProperties: false</c> is not the same as absent.</summary>
    public static bool SaysFalse(Schema schema) => schema.DefinitionName == Extensions + "JSONSchemaPropsOrBool";

    /// <param name="schema">Of the field.</param>
    /// <param name="bytes">The message.</param>
    /// <param name="depth">How deep the message lies.</param>
    /// <param name="value">Null: JSON shows null or nothing.</param>
    /// <returns>False: the type is none of these.</returns>
    public static bool TryDecode(Schema schema, ReadOnlySpan<byte> bytes, int depth, out JsonNode? value)
    {
        switch (schema.DefinitionName)
        {
            case Meta + "Time":
                value = Time(bytes, "yyyy-MM-dd'T'HH:mm:ss'Z'");
                return true;
            case Meta + "MicroTime":
                value = Time(bytes, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
                return true;
            case "io.k8s.apimachinery.pkg.api.resource.Quantity":
                value = First(bytes) is { IsEmpty: false } quantity ? Encoding.UTF8.GetString(quantity) : "0";
                return true;
            case "io.k8s.apimachinery.pkg.util.intstr.IntOrString":
                value = IntOrString(bytes);
                return true;
            case "io.k8s.apimachinery.pkg.runtime.RawExtension" or Meta + "FieldsV1" or Extensions + "JSON":
                value = Raw(bytes);
                return true;
            case Extensions + "JSONSchemaPropsOrArray" or Extensions + "JSONSchemaPropsOrBool" or Extensions + "JSONSchemaPropsOrStringArray":
                value = SchemaOr(schema.DefinitionName, bytes, depth + 1);
                return true;
            default:
                value = null;
                return false;
        }
    }

    /// <summary>seconds (1) and nanos (2) since 1970; no bytes at all for the zero time.</summary>
    private static JsonNode? Time(ReadOnlySpan<byte> bytes, string format)
    {
        if (bytes.IsEmpty)
            return null;
        var (seconds, nanos) = (0L, 0L);
        var reader = new WireReader(bytes);
        while (reader.TryTag(out var number, out var type))
        {
            if (number == 1 && type == WireType.Varint)
                seconds = unchecked((long)reader.Varint());
            else if (number == 2 && type == WireType.Varint)
                nanos = unchecked((int)reader.Varint());
            else
                reader.Skip(type);
        }
        if (seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() || nanos is < 0 or > 999_999_999)
            throw new ProtobufFormatException("a time outside of the years 1 to 9999");
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / TimeSpan.NanosecondsPerTick).ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>type (1) says which it is: 0 intVal (2), 1 strVal (3).</summary>
    private static JsonNode IntOrString(ReadOnlySpan<byte> bytes)
    {
        var (kind, integer) = (0UL, 0L);
        var text = "";
        var reader = new WireReader(bytes);
        while (reader.TryTag(out var number, out var type))
        {
            if (number == 1 && type == WireType.Varint)
                kind = reader.Varint();
            else if (number == 2 && type == WireType.Varint)
                integer = unchecked((int)reader.Varint());
            else if (number == 3)
                text = Encoding.UTF8.GetString(reader.LengthDelimited(type));
            else
                reader.Skip(type);
        }
        return kind switch
        {
            0 => JsonValue.Create(integer),
            1 => JsonValue.Create(text),
            _ => throw new ProtobufFormatException($"impossible IntOrString.Type {kind}"),
        };
    }

    /// <summary>Field 1 holds JSON.</summary>
    private static JsonNode? Raw(ReadOnlySpan<byte> bytes)
    {
        var raw = First(bytes);
        if (raw.IsEmpty)
            return null;
        try
        {
            return JsonObjectReader.Read(raw).Root;
        }
        catch (JsonException e)
        {
            throw new ProtobufFormatException($"the raw bytes are no JSON: {e.Message}");
        }
    }

    /// <summary>What JSON schemas have in places where a schema is one choice of two.
    /// In protobuf: OrArray {schema 1, schemas 2}, OrBool {allows 1, schema 2}, OrStringArray {schema 1, texts 2}.</summary>
    private static JsonNode? SchemaOr(string definitionName, ReadOnlySpan<byte> bytes, int depth)
    {
        var (allows, schema, list) = (false, default(JsonObject), new JsonArray());
        var reader = new WireReader(bytes);
        while (reader.TryTag(out var number, out var type))
        {
            switch (definitionName, number)
            {
                case (Extensions + "JSONSchemaPropsOrBool", 1) when type == WireType.Varint:
                    allows = reader.Varint() != 0;
                    break;
                case (Extensions + "JSONSchemaPropsOrArray", 2):
                    list.Add((JsonNode)Props(reader.LengthDelimited(type), depth));
                    break;
                case (Extensions + "JSONSchemaPropsOrStringArray", 2):
                    list.Add((JsonNode)Encoding.UTF8.GetString(reader.LengthDelimited(type)));
                    break;
                case (_, 1 or 2):
                    schema = Props(reader.LengthDelimited(type), depth);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        if (definitionName == Extensions + "JSONSchemaPropsOrBool")
            return schema ?? (JsonNode)JsonValue.Create(allows);
        return list.Count > 0 ? list : schema;
    }

    private static JsonObject Props(ReadOnlySpan<byte> bytes, int depth)
    {
        var props = new JsonObject();
        ProtobufDecoder.Decode(ProtobufMessage.Of(BuiltInSchemas.Get(Extensions + "JSONSchemaProps")), bytes, props, depth);
        return props;
    }

    /// <summary>Field 1; empty when it is absent.</summary>
    private static ReadOnlySpan<byte> First(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> found = [];
        var reader = new WireReader(bytes);
        while (reader.TryTag(out var number, out var type))
        {
            if (number == 1)
                found = reader.LengthDelimited(type);
            else
                reader.Skip(type);
        }
        return found;
    }
}

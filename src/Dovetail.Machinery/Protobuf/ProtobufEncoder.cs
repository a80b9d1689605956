using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Protobuf;

/// <summary>Turns the JSON of a built-in kind into its protobuf message, token by token: no tree is made. What the kind does not have, and null, is left out; what Go writes although it is zero is left out too,
/// which decoders cannot tell.</summary>
internal static class ProtobufEncoder
{
    /// <summary>Fields of the object that the reader is at the start of; it ends at the object's end.</summary>
    public static void Fields(WireWriter writer, EncodedMessage message, ref CompactReader json)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = json.ValueIsEscaped ? message.Find(Encoding.UTF8.GetBytes(json.GetString())) : message.Find(json.ValueSpan);
            json.Read();
            if (field is null || json.TokenType == JsonTokenType.Null) json.Skip();
            else Field(writer, field, ref json);
        }
    }

    private static void Field(WireWriter writer, EncodedField field, ref CompactReader json)
    {
        var numbers = field.Numbers;
        Span<int> open = stackalloc int[numbers.Length - 1];
        for (var i = 0; i < open.Length; i++)
        {
            // Parts of one message may come apart: decoders add them up.
            writer.Tag(numbers[i], WireType.LengthDelimited);
            open[i] = writer.Open();
        }

        if (field.Repeated) Elements(writer, numbers[^1], field.Value, ref json);
        else if (field.Map) Entries(writer, numbers[^1], field.Value, ref json);
        else Value(writer, numbers[^1], field.Value, ref json);
        for (var i = open.Length - 1; i >= 0; i--) writer.Close(open[i]);
    }

    private static void Elements(WireWriter writer, int number, EncodedValue value, ref CompactReader json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray) Value(writer, number, value, ref json);
    }

    /// <summary>An entry of a map is a message of key (1) and value (2).</summary>
    private static void Entries(WireWriter writer, int number, EncodedValue value, ref CompactReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            writer.Tag(number, WireType.LengthDelimited);
            var entry = writer.Open();
            writer.Tag(1, WireType.LengthDelimited);
            Text(writer, ref json);
            json.Read();
            Value(writer, 2, value, ref json);
            writer.Close(entry);
        }
    }

    /// <summary>Tag and value of the token that the reader is at; null has the value of its type that says nothing.</summary>
    private static void Value(WireWriter writer, int number, EncodedValue value, ref CompactReader json)
    {
        switch (value.Kind)
        {
            case EncodedKind.Int32 or EncodedKind.Int64:
                writer.Tag(number, WireType.Varint);
                writer.Varint(unchecked((ulong)Integer(ref json)));
                return;
            case EncodedKind.Boolean:
                writer.Tag(number, WireType.Varint);
                writer.Varint(json.TokenType == JsonTokenType.True ? 1UL : 0);
                return;
            case EncodedKind.Double:
                writer.Tag(number, WireType.Fixed64);
                writer.Double(json.TokenType == JsonTokenType.Number ? json.GetDouble() : 0);
                return;
            case EncodedKind.Text:
                writer.Tag(number, WireType.LengthDelimited);
                Text(writer, ref json);
                return;
            case EncodedKind.Bytes:
                writer.Tag(number, WireType.LengthDelimited);
                FromBase64(writer, ref json);
                return;
        }

        writer.Tag(number, WireType.LengthDelimited);
        var start = writer.Open();
        if (json.TokenType != JsonTokenType.Null) Message(writer, value, ref json);
        writer.Close(start);
    }

    private static void Message(WireWriter writer, EncodedValue value, ref CompactReader json)
    {
        switch (value.Kind)
        {
            case EncodedKind.Message when json.TokenType == JsonTokenType.StartObject:
                Fields(writer, value.Message, ref json);
                return;
            case EncodedKind.List:
                Elements(writer, 1, value.Element, ref json);
                return;
            case EncodedKind.Time:
                Time(writer, ref json);
                return;
            case EncodedKind.Quantity:
                writer.Tag(1, WireType.LengthDelimited);
                Text(writer, ref json);
                return;
            case EncodedKind.IntOrString:
                IntOrString(writer, ref json);
                return;
            case EncodedKind.Raw:
                writer.Tag(1, WireType.LengthDelimited);
                writer.Bytes(json.Value());
                return;
            case EncodedKind.SchemaOrArray or EncodedKind.SchemaOrBool or EncodedKind.SchemaOrStringArray:
                SchemaOr(writer, value.Kind, ref json);
                return;
            default:
                json.Skip();
                return;
        }
    }

    /// <summary>Length and bytes of a text; a number (a quantity may be one) as it is written.</summary>
    private static void Text(WireWriter writer, ref CompactReader json)
    {
        if (json.TokenType is JsonTokenType.Null or JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            json.Skip();
            writer.Varint(0);
        }
        else if (!json.ValueIsEscaped)
        {
            writer.Bytes(json.ValueSpan);
        }
        else
        {
            var start = writer.Open();
            writer.Advance(json.CopyString(writer.Free(json.ValueSpan.Length)));
            writer.Close(start);
        }
    }

    private static long Integer(ref CompactReader json)
    {
        if (json.TokenType != JsonTokenType.Number) return 0;
        return json.TryGetInt64(out var integer) ? integer : (long)json.GetDouble();
    }

    private static void FromBase64(WireWriter writer, ref CompactReader json)
    {
        var start = writer.Open();
        if (json.TokenType == JsonTokenType.String)
        {
            if (json.ValueIsEscaped) writer.Raw(Convert.FromBase64String(json.GetString()));
            else if (Base64.DecodeFromUtf8(json.ValueSpan, writer.Free(Base64.GetMaxDecodedFromUtf8Length(json.ValueSpan.Length)), out _, out var written) == System.Buffers.OperationStatus.Done) writer.Advance(written);
            else throw new ProtobufFormatException("a value that is no base64");
        }

        writer.Close(start);
    }

    /// <summary>seconds (1) and nanos (2) since 1970.</summary>
    private static void Time(WireWriter writer, ref CompactReader json)
    {
        if (json.TokenType != JsonTokenType.String || !json.TryGetDateTimeOffset(out var time))
        {
            json.Skip();
            return;
        }

        writer.Tag(1, WireType.Varint);
        writer.Varint(unchecked((ulong)time.ToUnixTimeSeconds()));
        writer.Tag(2, WireType.Varint);
        writer.Varint((ulong)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
    }

    /// <summary>type (1) says which it is: 0 intVal (2), 1 strVal (3).</summary>
    private static void IntOrString(WireWriter writer, ref CompactReader json)
    {
        var text = json.TokenType == JsonTokenType.String;
        writer.Tag(1, WireType.Varint);
        writer.Varint(text ? 1UL : 0);
        writer.Tag(2, WireType.Varint);
        writer.Varint(unchecked((ulong)Integer(ref json)));
        writer.Tag(3, WireType.LengthDelimited);
        if (text) Text(writer, ref json);
        else writer.Varint(0);
    }

    /// <summary>OrArray {schema 1, schemas 2}, OrBool {allows 1, schema 2}, OrStringArray {schema 1, texts 2}.</summary>
    private static void SchemaOr(WireWriter writer, EncodedKind kind, ref CompactReader json)
    {
        if (kind == EncodedKind.SchemaOrBool)
        {
            writer.Tag(1, WireType.Varint);
            writer.Varint(json.TokenType == JsonTokenType.False ? 0UL : 1);
            if (json.TokenType == JsonTokenType.StartObject) Value(writer, 2, WellKnownTypes.JsonSchemaProps, ref json);
        }
        else if (json.TokenType == JsonTokenType.StartArray)
        {
            Elements(writer, 2, kind == EncodedKind.SchemaOrArray ? WellKnownTypes.JsonSchemaProps : WellKnownTypes.PlainText, ref json);
        }
        else if (json.TokenType == JsonTokenType.StartObject)
        {
            Value(writer, 1, WellKnownTypes.JsonSchemaProps, ref json);
        }
        else
        {
            json.Skip();
        }
    }
}

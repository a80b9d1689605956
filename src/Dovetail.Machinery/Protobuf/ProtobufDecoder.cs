using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Protobuf;

/// <summary>Turns a message of a built-in kind into the JSON that a Go client would have sent in its place. Fields that are not known are passed over, as upstream does.
/// <para>Go's generated code writes every scalar that is no pointer, also when it is zero, where Go's JSON omits it (<c>omitempty</c>). So a zero goes,
/// unless it says something: the field is a pointer, or required (<see cref="BuiltIn.NumberedField.KeepsZero"/>). Structs stay, empty or not, in both.</para></summary>
internal static class ProtobufDecoder
{
    private const int MapKey = 1;
    private const int MapValue = 2;

    /// <exception cref="ProtobufFormatException">The bytes do not fit the kind.</exception>
    public static void Decode(ProtobufMessage message, ReadOnlySpan<byte> bytes, JsonObject into, int depth = 0)
    {
        if (depth > WireReader.MaxDepth)
            throw new ProtobufFormatException($"nested deeper than {WireReader.MaxDepth}");
        var reader = new WireReader(bytes);
        var field = default(ProtobufField);
        try
        {
            while (reader.TryTag(out var number, out var type))
            {
                field = message.Find(number);
                if (field is null)
                    reader.Skip(type);
                else if (field.Embedded is { } embedded)
                    Decode(embedded, reader.LengthDelimited(type), into, depth + 1);
                else
                    Field(field, ref reader, type, into, depth);
            }
        }
        catch (ProtobufFormatException e) when (!e.IsPlaced)
        {
            throw e.At(field is null ? message.Name : $"{message.Name}.{field.Name}");
        }
    }

    private static void Field(ProtobufField field, ref WireReader reader, WireType type, JsonObject into, int depth)
    {
        var schema = field.Schema!;
        if (schema.Items is { } items)
        {
            if (into[field.Name] is not JsonArray array)
                into[field.Name] = array = [];
            Elements(items, ref reader, type, array, depth);
        }
        else if (schema.AdditionalProperties is { } values)
        {
            if (into[field.Name] is not JsonObject map)
                into[field.Name] = map = [];
            Entry(values, reader.LengthDelimited(type), map, depth);
        }
        else if (IsMessage(schema))
        {
            // Parts of one message may come apart: they add up.
            if (into[field.Name] is not JsonObject nested)
                into[field.Name] = nested = [];
            Decode(ProtobufMessage.Of(schema), reader.LengthDelimited(type), nested, depth + 1);
        }
        else if (Value(schema, ref reader, type, depth) is { } value && (field.KeepsZero || WellKnownTypes.SaysFalse(schema) || !IsZero(value)))
            into[field.Name] = value;
        else
            into.Remove(field.Name);
    }

    private static void Elements(Schema items, ref WireReader reader, WireType type, JsonArray array, int depth)
    {
        if (type == WireType.LengthDelimited && items.Type is SchemaType.Integer or SchemaType.Boolean or SchemaType.Number)
        {
            var packed = new WireReader(reader.Bytes());
            while (!packed.AtEnd)
                array.Add((JsonNode)Scalar(items, ref packed, ScalarType(items)));
        }
        else
            array.Add(Value(items, ref reader, type, depth));
    }

    /// <summary>An entry of a map is a message of key (1) and value (2); what it leaves out has its zero value. No map of a built-in kind has numbers for values.</summary>
    private static void Entry(Schema values, ReadOnlySpan<byte> entry, JsonObject map, int depth)
    {
        var reader = new WireReader(entry);
        var (key, value, given) = ("", default(JsonNode), false);
        while (reader.TryTag(out var number, out var type))
        {
            if (number == MapKey)
                key = Encoding.UTF8.GetString(reader.LengthDelimited(type));
            else if (number == MapValue)
                (value, given) = (MapValueOf(values, ref reader, type, depth), true);
            else
                reader.Skip(type);
        }
        if (!given)
        {
            var empty = new WireReader([0]);
            value = MapValueOf(values, ref empty, WireType.LengthDelimited, depth);
        }
        map[key] = value;
    }

    /// <summary>A list in a map is a message of its own (<c>ExtraValue</c>): field 1 repeats.</summary>
    private static JsonNode? MapValueOf(Schema values, ref WireReader reader, WireType type, int depth)
    {
        if (values.Items is not { } items)
            return Value(values, ref reader, type, depth);
        var list = new JsonArray();
        var inner = new WireReader(reader.LengthDelimited(type));
        while (inner.TryTag(out var number, out var innerType))
        {
            if (number == 1)
                Elements(items, ref inner, innerType, list, depth);
            else
                inner.Skip(innerType);
        }
        return list;
    }

    /// <summary>One value; null for what JSON shows as null or not at all (a Time that is not set).</summary>
    private static JsonNode? Value(Schema schema, ref WireReader reader, WireType type, int depth)
    {
        if (schema.Type is SchemaType.Integer or SchemaType.Boolean or SchemaType.Number)
            return Scalar(schema, ref reader, type);
        var bytes = reader.LengthDelimited(type);
        if (WellKnownTypes.TryDecode(schema, bytes, depth, out var known))
            return known;
        if (schema.Type == SchemaType.String)
            return schema.Format == "byte" ? Convert.ToBase64String(bytes) : Encoding.UTF8.GetString(bytes);
        var nested = new JsonObject();
        Decode(ProtobufMessage.Of(schema), bytes, nested, depth + 1);
        return nested;
    }

    private static JsonValue Scalar(Schema schema, ref WireReader reader, WireType type)
    {
        if (type != ScalarType(schema))
            throw new ProtobufFormatException($"wrong wireType = {(int)type}");
        return schema.Type switch
        {
            SchemaType.Boolean => JsonValue.Create(reader.Varint() != 0),
            SchemaType.Number => JsonValue.Create(Finite(reader.Double())),
            // Negative numbers of either width are ten bytes long: the low half is the number.
            _ when schema.Format == "int32" => JsonValue.Create((long)unchecked((int)reader.Varint())),
            _ => JsonValue.Create(unchecked((long)reader.Varint())),
        };
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : throw new ProtobufFormatException("a number that JSON cannot show");

    private static WireType ScalarType(Schema schema) => schema.Type == SchemaType.Number ? WireType.Fixed64 : WireType.Varint;

    private static bool IsMessage(Schema schema) => schema.Type == SchemaType.Object && !WellKnownTypes.Is(schema);

    /// <summary>Quantities have no zero to omit: Go shows them as "0".</summary>
    private static bool IsZero(JsonNode value) => value is JsonValue scalar && scalar.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String => scalar.GetValue<string>().Length == 0,
        System.Text.Json.JsonValueKind.False => true,
        System.Text.Json.JsonValueKind.Number => scalar.TryGetValue(out long integer) ? integer == 0 : scalar.GetValue<double>() == 0,
        _ => false,
    };
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Protobuf;

/// <summary>How a value of JSON becomes one of protobuf.</summary>
internal enum EncodedKind
{
    Int32,
    Int64,
    Boolean,
    Double,
    Text,

    /// <summary>Base64 in JSON.</summary>
    Bytes,
    Time,

    /// <summary>A message of one text (1).</summary>
    Quantity,
    IntOrString,

    /// <summary>A message of JSON (1).</summary>
    Raw,
    SchemaOrArray,
    SchemaOrBool,
    SchemaOrStringArray,

    /// <summary>A list inside of a map (<c>ExtraValue</c>): a message whose field 1 repeats.</summary>
    List,
    Message,
}

/// <summary>A field by its name in JSON.</summary>
/// <param name="Name">In UTF-8.</param>
/// <param name="Numbers">The field's number, behind those of the structs that it is embedded in.</param>
/// <param name="Value">Of the field, of each element of a list, or of each value of a map.</param>
/// <param name="Repeated">A list.</param>
/// <param name="Map">A map from text.</param>
internal sealed record EncodedField(byte[] Name, ImmutableArray<int> Numbers, EncodedValue Value, bool Repeated, bool Map);

/// <summary>The type of a value.</summary>
internal sealed class EncodedValue(EncodedKind kind, Schema schema)
{
    private EncodedMessage? message;

    public EncodedKind Kind { get; } = kind;

    /// <summary>Of a <see cref="EncodedKind.Message"/>; looked up when first needed, because kinds may contain themselves.</summary>
    public EncodedMessage Message => message ??= EncodedMessage.Of(schema);

    /// <summary>Of the elements of a <see cref="EncodedKind.List"/>.</summary>
    public EncodedValue Element { get; } = kind == EncodedKind.List ? Of(schema.Items!) : null!;

    public static EncodedValue Of(Schema schema) => new(KindOf(schema), schema);

    private static EncodedKind KindOf(Schema schema) => WellKnownTypes.EncodedAs(schema.DefinitionName) ?? schema.Type switch
    {
        SchemaType.Integer => schema.Format == "int32" ? EncodedKind.Int32 : EncodedKind.Int64,
        SchemaType.Boolean => EncodedKind.Boolean,
        SchemaType.Number => EncodedKind.Double,
        SchemaType.String => schema.Format == "byte" ? EncodedKind.Bytes : EncodedKind.Text,
        SchemaType.Array => EncodedKind.List,
        SchemaType.Object => EncodedKind.Message,
        _ => EncodedKind.Raw,
    };
}

/// <summary>A built-in struct as a protobuf message: its fields by name. Made when the struct is first met.</summary>
internal sealed class EncodedMessage
{
    private static readonly ConcurrentDictionary<string, EncodedMessage> Known = new(StringComparer.Ordinal);

    private readonly EncodedField?[] slots;

    private EncodedMessage(List<EncodedField> fields)
    {
        slots = new EncodedField?[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)fields.Count * 2 + 1)];
        foreach (var field in fields)
        {
            var slot = Slot(field.Name);
            while (slots[slot] is not null) slot = (slot + 1) & (slots.Length - 1);
            slots[slot] = field;
        }
    }

    public static EncodedMessage Of(Schema schema) => Known.GetOrAdd(schema.DefinitionName, static (name, schema) => Make(name, schema), schema);

    /// <summary>The field of this name; null for one that protobuf does not have (kind, apiVersion).</summary>
    public EncodedField? Find(ReadOnlySpan<byte> name)
    {
        for (var slot = Slot(name); slots[slot] is { } field; slot = (slot + 1) & (slots.Length - 1))
        {
            if (name.SequenceEqual(field.Name)) return field;
        }

        return null;
    }

    private int Slot(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : ((name.Length * 31) + (name[0] * 7) + (name[^1] * 13) + (name[name.Length / 2] * 17)) & (slots.Length - 1);

    private static EncodedMessage Make(string definitionName, Schema schema)
    {
        var fields = new List<EncodedField>();
        foreach (var (name, numbers, _) in BuiltInSchemas.FieldNumbers(definitionName))
        {
            var type = schema.Properties.Find(name)!;
            var wellKnown = WellKnownTypes.EncodedAs(type.DefinitionName) is not null;
            var (repeated, map) = (!wellKnown && type.Items is not null, !wellKnown && type.AdditionalProperties is not null);
            var value = repeated ? type.Items! : map ? type.AdditionalProperties! : type;
            fields.Add(new(Encoding.UTF8.GetBytes(name), numbers, EncodedValue.Of(value), repeated, map));
        }

        return new(fields);
    }
}

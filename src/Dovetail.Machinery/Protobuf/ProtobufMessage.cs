using System.Collections.Concurrent;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Protobuf;

/// <summary>A field of a message. An embedded struct has no name and no schema: its fields are those of the object around it.</summary>
internal sealed record ProtobufField(string Name, Schema? Schema, bool KeepsZero, ProtobufMessage? Embedded);

/// <summary>A built-in struct as a protobuf message: its fields by number. Made when the struct is first met.</summary>
internal sealed class ProtobufMessage
{
    private static readonly ConcurrentDictionary<string, ProtobufMessage> Known = new(StringComparer.Ordinal);

    private readonly Dictionary<int, ProtobufField> fields = [];

    private ProtobufMessage(string name) => Name = name;

    /// <summary>For messages to the client: <c>ObjectMeta</c>.</summary>
    public string Name { get; }

    public static ProtobufMessage Of(Schema schema) => Known.GetOrAdd(schema.DefinitionName, static (name, schema) => Make(name, schema), schema);

    public ProtobufField? Find(int number) => fields.GetValueOrDefault(number);

    private static ProtobufMessage Make(string definitionName, Schema schema)
    {
        var message = new ProtobufMessage(definitionName[(definitionName.LastIndexOf('.') + 1)..]);
        foreach (var field in BuiltInSchemas.FieldNumbers(definitionName))
        {
            var owner = message;
            foreach (var embedded in field.Numbers.AsSpan()[..^1])
                owner = owner.Embed(embedded);
            owner.fields.Add(field.Numbers[^1], new(field.Name, schema.Properties.Find(field.Name), field.KeepsZero, Embedded: null));
        }
        return message;
    }

    private ProtobufMessage Embed(int number)
    {
        if (!fields.TryGetValue(number, out var field))
            fields.Add(number, field = new("", Schema: null, KeepsZero: false, new ProtobufMessage(Name)));
        return field.Embedded!;
    }
}

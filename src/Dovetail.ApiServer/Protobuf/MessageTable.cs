using System.Collections.Frozen;
using System.Globalization;

namespace Dovetail.ApiServer.Protobuf;

/// <summary>How a field repeats.</summary>
internal enum FieldShape
{
    One,
    List,

    /// <summary>A map with string keys.</summary>
    Map,

    /// <summary>A message whose fields stand in its owner's JSON (Go's embedded structs).</summary>
    Inline,
}

/// <summary>A field of a message: its number, its JSON name, its type (a scalar or a message's name).</summary>
internal sealed record MessageField(int Number, string Name, FieldShape Shape, string Type);

/// <summary>The protobuf messages of Kubernetes' own kinds, from <c>messages.txt</c>: one a line, <c>core.v1.Probe 1:handler:~ProbeHandler 2:initialDelaySeconds:int32 …</c>, where
/// <c>*</c> marks lists, <c>%</c> maps, <c>~</c> inlined messages, and a type without a package is of its owner's.</summary>
internal static class MessageTable
{
    private static readonly Lazy<FrozenDictionary<string, FrozenDictionary<int, MessageField>>> Messages = new(Read);

    /// <summary>The fields of a message by number, or null.</summary>
    public static FrozenDictionary<int, MessageField>? Find(string message) => Messages.Value.GetValueOrDefault(message);

    private static FrozenDictionary<string, FrozenDictionary<int, MessageField>> Read()
    {
        using var stream = typeof(MessageTable).Assembly.GetManifestResourceStream("Dovetail.ApiServer.Protobuf.messages.txt")!;
        using var reader = new StreamReader(stream);
        var result = new Dictionary<string, FrozenDictionary<int, MessageField>>();
        while (reader.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            var package = words[0][..(words[0].LastIndexOf('.') + 1)];
            result[words[0]] = words.Skip(1).Select(word => Parse(word, package)).ToFrozenDictionary(f => f.Number);
        }

        return result.ToFrozenDictionary();
    }

    private static MessageField Parse(string word, string package)
    {
        var parts = word.Split(':');
        var shape = parts[2][0] switch
        {
            '*' => FieldShape.List,
            '%' => FieldShape.Map,
            '~' => FieldShape.Inline,
            _ => FieldShape.One,
        };
        var type = shape == FieldShape.One ? parts[2] : parts[2][1..];
        if (!type.Contains('.', StringComparison.Ordinal) && type is not ("string" or "bytes" or "bool" or "int32" or "int64" or "double")) type = package + type;
        return new(int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], shape, type);
    }
}

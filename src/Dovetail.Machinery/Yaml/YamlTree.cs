using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Dovetail.Machinery.Yaml;

internal abstract class YamlNode
{
    public required Mark Start { get; init; }
}

internal sealed class YamlScalar : YamlNode
{
    public required string Text { get; init; }

    /// <summary>Unquoted and untagged: the type is found by looking at the text.</summary>
    public required bool IsPlain { get; init; }

    /// <summary>An explicit tag (<c>tag:yaml.org,2002:int</c>), "" without one.</summary>
    public string Tag { get; init; } = "";

    public bool IsEmptyDocument { get; init; }
}

internal sealed class YamlSequence : YamlNode
{
    public List<YamlNode> Items { get; } = [];
}

internal sealed class YamlMapping : YamlNode
{
    public List<(YamlScalar Key, YamlNode Value)> Entries { get; } = [];
}

/// <summary>Reads parser events into a tree in which an alias is the same node as its anchor.</summary>
internal sealed class YamlTreeBuilder(YamlLimits limits)
{
    private readonly Dictionary<AnchorName, YamlNode> anchors = [];
    private readonly HashSet<AnchorName> open = [];

    public YamlNode ReadDocument(IParser parser)
    {
        parser.Consume<DocumentStart>();
        var root = parser.Accept<DocumentEnd>(out var end) ? Empty(end.Start) : Read(parser, 0);
        parser.Consume<DocumentEnd>();
        return root is YamlScalar { IsPlain: true, Text: "", Tag: "" } nothing ? Empty(nothing.Start) : root;
    }

    private static YamlScalar Empty(Mark start) => new() { Start = start, Text = "", IsPlain = true, IsEmptyDocument = true };

    private YamlNode Read(IParser parser, int depth)
    {
        if (depth > limits.MaxDepth) throw Error(parser.Current!.Start, string.Create(CultureInfo.InvariantCulture, $"exceeded max depth of {limits.MaxDepth}"));
        switch (parser.Current)
        {
            case Scalar scalar:
                parser.MoveNext();
                return Anchored(scalar.Anchor, new YamlScalar
                {
                    Start = scalar.Start,
                    Text = scalar.Value,
                    IsPlain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty,
                    Tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value,
                });
            case SequenceStart start:
                parser.MoveNext();
                var sequence = Opened(start.Anchor, new YamlSequence { Start = start.Start });
                while (!parser.Accept<SequenceEnd>(out _)) sequence.Items.Add(Read(parser, depth + 1));
                parser.MoveNext();
                open.Remove(start.Anchor);
                return sequence;
            case MappingStart start:
                parser.MoveNext();
                var mapping = Opened(start.Anchor, new YamlMapping { Start = start.Start });
                while (!parser.Accept<MappingEnd>(out _))
                {
                    var key = Read(parser, depth + 1) as YamlScalar ?? throw Error(start.Start, "a mapping's key is not a scalar");
                    mapping.Entries.Add((key, Read(parser, depth + 1)));
                }

                parser.MoveNext();
                open.Remove(start.Anchor);
                return mapping;
            case AnchorAlias alias:
                parser.MoveNext();
                if (open.Contains(alias.Value)) throw Error(alias.Start, $"anchor '{alias.Value}' value contains itself");
                return anchors.TryGetValue(alias.Value, out var node) ? node : throw Error(alias.Start, $"unknown anchor '{alias.Value}' referenced");
            default:
                throw Error(parser.Current?.Start ?? Mark.Empty, "did not find expected node content");
        }
    }

    private T Anchored<T>(AnchorName anchor, T node)
        where T : YamlNode
    {
        if (!anchor.IsEmpty) anchors[anchor] = node;
        return node;
    }

    private T Opened<T>(AnchorName anchor, T node)
        where T : YamlNode
    {
        if (!anchor.IsEmpty) open.Add(anchor);
        return Anchored(anchor, node);
    }

    private static YamlFormatException Error(Mark at, string message) =>
        new(string.Create(CultureInfo.InvariantCulture, $"error converting YAML to JSON: yaml: line {at.Line}: {message}"));
}

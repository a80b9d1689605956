using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn;

/// <summary>The compact source of schemas: files of lines, one field a line.
/// <code>
/// package io.k8s.api.core.v1
/// group "" v1
///
/// type ServicePort
///   name string
///   port! integer:int32 =0
///   protocol string enum=SCTP|TCP|UDP =TCP
///   targetPort intstr/IntOrString
/// </code>
/// A field is its name (<c>!</c>: required), its type, and flags. Types: <c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c>, <c>object</c> and <c>any</c> (both keep what they are given),
/// <c>int-or-string</c>, <c>quantity</c>, each with an optional <c>:format</c>; <c>[]T</c>, <c>map:T</c>; <c>Name</c> of the same file or <c>file/Name</c> of another.
/// Flags: <c>=json</c> default, <c>enum=a|b</c>, <c>items-enum=a|b</c>, <c>list=atomic</c>, <c>list=set</c>, <c>list=map(key,…)</c>, <c>map=atomic</c>, <c>patch=merge(key)</c>, <c>patch=retainKeys</c>.
/// <c>@3</c>: the field's number in protobuf; <c>@2.1</c>: it belongs to a Go struct that is embedded here as field 2; <c>@3*</c>: a Go pointer to a scalar, whose zero value is not the same as absent.
/// <c>always</c>: it is written even when it is absent (no <c>omitempty</c>, and not required either); <c>omits</c>: it is required, and left out when it is empty.
/// Flags of a type: <c>kind</c> (it has apiVersion and kind of its own), <c>map=atomic</c>, <c>union=type(field:Value)</c>; <c>type Name = T</c> names a type that is no struct.</summary>
internal sealed class KindSource
{
    private const string ResourcePrefix = "kinds/";
    private const string DescriptionsName = "descriptions.text";

    private readonly Dictionary<string, Block> blocks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> packages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Schema> parsed = new(StringComparer.Ordinal);
    private readonly Dictionary<GroupVersionKind, string> kinds = [];
    private readonly Lock gate = new();
    private readonly List<string> names;
    private readonly KindDescriptions descriptions;

    private KindSource(IEnumerable<(string Alias, string Text)> files, string descriptionText)
    {
        descriptions = new(descriptionText);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (alias, text) in files)
        {
            Index(alias, text);
            hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        }
        hash.AppendData(MemoryMarshal.AsBytes(descriptionText.AsSpan()));
        Hash = Convert.ToHexString(hash.GetHashAndReset());
        names = [.. blocks.Keys];
        names.Sort(StringComparer.Ordinal);
    }

    public IReadOnlyList<string> Names => names;

    public string Hash { get; }

    public static KindSource FromResources()
    {
        var assembly = typeof(KindSource).Assembly;
        var files = new List<(string, string)>();
        var descriptionText = "";
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
            if (name.EndsWith(DescriptionsName, StringComparison.Ordinal))
                descriptionText = reader.ReadToEnd();
            else
                files.Add((name[ResourcePrefix.Length..], reader.ReadToEnd()));
        }
        return new(files, descriptionText);
    }

    public Schema? Find(string definitionName)
    {
        lock (gate)
            return Resolve(definitionName);
    }

    /// <summary>The definition of a kind; null when there is none.</summary>
    public string? FindKind(GroupVersionKind kind)
    {
        lock (gate)
        {
            if (kinds.Count == 0)
                IndexKinds();
            return kinds.GetValueOrDefault(kind);
        }
    }

    /// <summary>A struct's fields as protobuf numbers them. Parsed anew with every call: whoever needs it keeps it.</summary>
    public List<NumberedField> FieldNumbers(string definitionName)
    {
        var numbered = new List<NumberedField>();
        if (!blocks.TryGetValue(definitionName, out var block))
            return numbered;
        var lines = block.Text.AsSpan(block.Start).EnumerateLines();
        lines.MoveNext();
        while (lines.MoveNext() && lines.Current.StartsWith("  "))
        {
            if (lines.Current.LastIndexOf(" @") is var at && at >= 0)
                numbered.Add(NumberedField.Parse(new KindLine(lines.Current).Next(), lines.Current[(at + 2)..]));
        }
        return numbered;
    }

    private void IndexKinds()
    {
        foreach (var (definitionName, block) in blocks)
        {
            var words = new KindLine(block.Text.AsSpan(block.Start, block.Text.IndexOf('\n', block.Start) - block.Start));
            words.Next();
            var name = words.Next();
            if (words.Next() == "kind")
                kinds.Add(block.Group with { Kind = name }, definitionName);
        }
    }

    /// <summary>Where each type's lines are, without parsing them.</summary>
    private void Index(string alias, string text)
    {
        string package = "", group = "", version = "";
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at) is var newline && newline >= 0 ? newline : text.Length;
            var line = text.AsSpan(at, end - at);
            if (line.StartsWith("package "))
            {
                package = line["package ".Length..].ToString();
                packages.Add(alias, package);
            }
            else if (line.StartsWith("group "))
            {
                var words = new KindLine(line);
                words.Next();
                (group, version) = (words.Next(), words.Next());
            }
            else if (line.StartsWith("type "))
            {
                var words = new KindLine(line);
                words.Next();
                blocks.Add($"{package}.{words.Next()}", new(text, at, alias, package, new(group, version, "")));
            }
            at = end + 1;
        }
    }

    private Schema? Resolve(string definitionName)
    {
        if (parsed.TryGetValue(definitionName, out var known))
            return known;
        return blocks.TryGetValue(definitionName, out var block) ? Parse(definitionName, block) : null;
    }

    private Schema Parse(string definitionName, Block block)
    {
        var lines = block.Text.AsSpan(block.Start).EnumerateLines();
        lines.MoveNext();
        var header = new KindLine(lines.Current);
        header.Next();
        var kind = header.Next();
        var schema = new Schema { DefinitionName = definitionName, Type = SchemaType.Object, Typed = true, Properties = new(), Required = RequiredOf(block) };
        while (header.Next() is { Length: > 0 } word)
        {
            if (word == "=")
                schema = NamedScalar(header.Next(), definitionName);
            else if (word == "kind")
                schema = schema with { Kinds = [block.Group with { Kind = kind }] };
            else
                schema = KindLine.ApplyFlag(schema, word);
        }
        var type = $"{block.File}/{kind}";
        schema = schema with { Description = descriptions.OfType(type) };
        // Known before its fields are parsed, so that a definition may refer to itself.
        parsed.Add(definitionName, schema);
        while (lines.MoveNext() && lines.Current.StartsWith("  "))
        {
            var line = new KindLine(lines.Current);
            var name = line.Next().TrimEnd('!');
            var field = TypeOf(line.Next(), block.Package);
            var (always, pointer) = (schema.Required.Contains(name), false);
            while (line.Next() is { Length: > 0 } flag)
            {
                if (flag is "always" or "omits")
                    always = flag == "always";
                else if (flag[0] == '@')
                    pointer = flag[^1] == '*'; // the number is for protobuf alone (FieldNumbers)
                else
                    field = KindLine.ApplyFlag(field, flag);
            }
            field = field with { Zero = ZeroOf(field, always, pointer) };
            if (descriptions.OfField(type, name, !schema.Kinds.IsEmpty) is { Length: > 0 } words)
                field = field with { Description = words };
            schema.Properties.Add(name, field);
        }
        return schema;
    }

    /// <summary>A struct that is no pointer is written by its default <c>{}</c>; a time is a struct too, and a number or text that may be either.</summary>
    private static ZeroValue ZeroOf(Schema field, bool always, bool pointer) => field switch
    {
        { Type: SchemaType.Object, AdditionalProperties: null, Default: not null } => ZeroValue.Kept,
        _ when always => ZeroValue.Written,
        _ when pointer => ZeroValue.Kept,
        { Type: SchemaType.Object, AdditionalProperties: null } or { Type: SchemaType.Any } or { Type: SchemaType.String, DefinitionName.Length: > 0 } => ZeroValue.Kept,
        _ => ZeroValue.Omitted,
    };

    private static ImmutableArray<string> RequiredOf(Block block)
    {
        var required = ImmutableArray.CreateBuilder<string>();
        var lines = block.Text.AsSpan(block.Start).EnumerateLines();
        lines.MoveNext();
        while (lines.MoveNext() && lines.Current.StartsWith("  "))
        {
            var name = new KindLine(lines.Current).Next();
            if (name.EndsWith('!'))
                required.Add(name[..^1]);
        }
        return required.ToImmutable();
    }

    private static Schema NamedScalar(string type, string definitionName) => Scalar(type)! with { DefinitionName = definitionName };

    private Schema TypeOf(string type, string package)
    {
        if (type.StartsWith("[]", StringComparison.Ordinal))
            return new() { Type = SchemaType.Array, Typed = true, Items = TypeOf(type[2..], package) };
        if (type.StartsWith("map:", StringComparison.Ordinal))
            return new() { Type = SchemaType.Object, Typed = true, AdditionalProperties = TypeOf(type[4..], package) };
        if (Scalar(type) is { } scalar)
            return scalar;
        var name = type.IndexOf('/') is var slash && slash >= 0 ? $"{packages[type[..slash]]}.{type[(slash + 1)..]}" : $"{package}.{type}";
        return Resolve(name) ?? throw new InvalidDataException($"{package} refers to {type}, which is not defined");
    }

    private static Schema? Scalar(string type)
    {
        var colon = type.IndexOf(':', StringComparison.Ordinal);
        var format = colon < 0 ? "" : type[(colon + 1)..];
        var schema = new Schema { Typed = true, Format = format };
        return (colon < 0 ? type : type[..colon]) switch
        {
            "string" => schema with { Type = SchemaType.String },
            "integer" => schema with { Type = SchemaType.Integer },
            "number" => schema with { Type = SchemaType.Number },
            "boolean" => schema with { Type = SchemaType.Boolean },
            "object" => schema with { Type = SchemaType.Object, PreserveUnknownFields = true },
            "any" => schema with { PreserveUnknownFields = true },
            "int-or-string" => schema with { IntOrString = true },
            "quantity" => schema with { Quantity = true },
            _ => null,
        };
    }

    private sealed record Block(string Text, int Start, string File, string Package, GroupVersionKind Group);
}

using System.Text;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>
/// JSON made along a schema, so that it gets past the first checks, with something wrong in a few places: another type, a number that does not fit, a field twice, an unknown one, lone surrogates,
/// bytes that are no UTF-8, and values that nest deeply.
/// </summary>
internal sealed class NastyJson(Random random)
{
    private readonly MemoryStream text = new();

    /// <summary>How often something is wrong: one in so many values.</summary>
    private readonly int oneIn = random.Pick([4, 12, 40, 1000]);

    public byte[] Object(ServedResource resource, string ns, string name)
    {
        Raw($"{{\"apiVersion\":\"{resource.ApiVersion}\",\"kind\":\"{resource.Kind}\",\"metadata\":{{\"name\":\"{name}\"");
        if (ns.Length > 0 && Chance(2)) Raw($",\"namespace\":\"{ns}\"");
        Metadata();
        Raw("}");
        foreach (var (field, schema) in resource.Schema.Properties)
        {
            if (field is "apiVersion" or "kind" or "metadata" || !(Chance(2) || resource.Schema.Required.Contains(field))) continue;
            Field(field, schema, 3);
        }

        if (Chance(oneIn)) Field(NastyText.Word(random), null, 2);
        Raw("}");
        return Taken();
    }

    /// <summary>A part of such an object, as merge patches are.</summary>
    public byte[] Patch(ServedResource resource)
    {
        Raw("{\"metadata\":{\"resourceVersion\":null");
        Metadata();
        Raw("}");
        foreach (var (field, schema) in resource.Schema.Properties)
        {
            if (field is not "metadata" && Chance(3)) Field(field, schema, 3);
        }

        Raw("}");
        return Taken();
    }

    public byte[] Any(int depth)
    {
        Value(null, depth);
        return Taken();
    }

    private void Metadata()
    {
        foreach (var (field, schema) in Machinery.BuiltIn.BuiltInSchemas.ObjectMeta.Properties)
        {
            if (field is not ("name" or "namespace" or "uid" or "deletionTimestamp") && Chance(12)) Field(field, schema, 3);
        }
    }

    private void Field(string name, Schema? schema, int depth, bool first = false)
    {
        if (!first) Raw(",");
        String(name);
        Raw(":");
        Value(schema, depth);
        if (!Chance(oneIn * 4)) return;
        Raw(",");
        String(name);
        Raw(":");
        Value(schema, depth);
    }

    private void Value(Schema? schema, int depth)
    {
        if (Chance(oneIn)) Wrong(depth);
        else if (schema is null) Free(depth);
        else if (schema.IntOrString || schema.Quantity) Raw(random.Pick(["1", "\"1\"", "\"50%\"", "\"100m\"", "\"1Gi\""]));
        else Typed(schema, depth);
    }

    private void Typed(Schema schema, int depth)
    {
        switch (schema.Type)
        {
            case SchemaType.String when !schema.Enum.IsEmpty: Raw(random.Pick(schema.Enum).ToJsonString()); break;
            case SchemaType.String when schema.Format == "date-time": Raw("\"2026-01-02T03:04:05Z\""); break;
            case SchemaType.String: String(Chance(3) ? NastyText.Word(random) : "a" + random.Next(3)); break;
            case SchemaType.Integer: Raw(Chance(oneIn) ? NastyText.Number(random) : random.Next(-1, 5).ToString(System.Globalization.CultureInfo.InvariantCulture)); break;
            case SchemaType.Number: Raw(Chance(oneIn) ? NastyText.Number(random) : "1.5"); break;
            case SchemaType.Boolean: Raw(random.Pick(["true", "false"])); break;
            case SchemaType.Array: Items(schema.Items, depth); break;
            case SchemaType.Object or SchemaType.Any when schema.Properties.Count > 0: Properties(schema, depth); break;
            case SchemaType.Object when schema.AdditionalProperties is { } values: Map(values, depth); break;
            default: Free(depth); break;
        }
    }

    private void Properties(Schema schema, int depth)
    {
        Raw("{");
        var first = true;
        foreach (var (field, child) in schema.Properties)
        {
            if (!schema.Required.Contains(field) && (depth <= 0 || !Chance(4))) continue;
            Field(field, child, depth - 1, first);
            first = false;
        }

        Raw("}");
    }

    private void Map(Schema values, int depth)
    {
        Raw("{\"a\":");
        Value(values, depth - 1);
        for (var i = random.Next(3); i > 0; i--) Field(NastyText.Word(random), values, depth - 1);
        Raw("}");
    }

    private void Items(Schema? items, int depth)
    {
        Raw("[");
        var count = depth > 0 ? random.Next(3) : 0;
        for (var i = 0; i < count; i++)
        {
            if (i > 0) Raw(",");
            Value(items, depth - 1);
        }

        Raw("]");
    }

    private void Free(int depth)
    {
        switch (random.Next(depth > 0 ? 7 : 4))
        {
            case 0: Raw(NastyText.Number(random)); break;
            case 1: String(NastyText.Word(random)); break;
            case 2: Raw(random.Pick(["true", "false", "null"])); break;
            case 3: Raw("{}"); break;
            case 4: Items(null, depth); break;
            default: Map(Schema.Anything, depth); break;
        }
    }

    private void Wrong(int depth)
    {
        switch (random.Next(9))
        {
            case 0: Raw("null"); break;
            case 1: Raw(NastyText.Number(random)); break;
            case 2: Raw("\"" + random.Pick(["\\ud800", "\\udc00\\ud800", "\\u0000", "\\x", "\\u12", "\\ud83d\\ude00"]) + "\""); break;
            case 3: text.Write([(byte)'"', .. random.Pick<byte[]>([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0x01], [0xf5, 0x80, 0x80, 0x80]]), (byte)'"']); break;
            case 4: Nested(random.Pick([1, 10, 60, 64, 250, 255, 300, 2000])); break;
            case 5: Raw(random.Pick(["", ",", "[", "{", "]", "}", "\"", "nul", "NaN", "/**/1", "'a'", "1 2"])); break;
            case 6: Raw("[]"); break;
            default: Free(depth); break;
        }
    }

    private void Nested(int levels)
    {
        var list = Chance(2);
        Raw(string.Concat(Enumerable.Repeat(list ? "[" : "{\"a\":", levels)) + "1" + new string(list ? ']' : '}', levels));
    }

    private void String(string value) => text.Write(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(value));

    private bool Chance(int oneIn) => random.Next(oneIn) == 0;

    private void Raw(string json) => text.Write(Encoding.UTF8.GetBytes(json));

    private byte[] Taken()
    {
        var bytes = text.ToArray();
        text.SetLength(0);
        return Chance(15) ? NastyText.Mutate(random, bytes) : bytes;
    }
}

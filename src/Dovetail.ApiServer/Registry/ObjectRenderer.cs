using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Registry;

/// <summary>An object's bytes with a gap where the resourceVersion goes once its revision is known.</summary>
public readonly struct RenderedObject(byte[] bytes, int gap)
{
    private static ReadOnlySpan<byte> Prefix => "\"resourceVersion\":\""u8;

    private static ReadOnlySpan<byte> Suffix => "\","u8;

    /// <summary>The whole object without a resourceVersion.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>The whole object at a revision. It neither throws nor blocks: the store's writer runs it.</summary>
    public byte[] At(long revision)
    {
        Span<byte> digits = stackalloc byte[20];
        revision.TryFormat(digits, out var count, default, CultureInfo.InvariantCulture);
        var result = GC.AllocateUninitializedArray<byte>(bytes.Length + Prefix.Length + count + Suffix.Length);
        var rest = result.AsSpan();
        bytes.AsSpan(0, gap).CopyTo(rest);
        rest = rest[gap..];
        Prefix.CopyTo(rest);
        rest = rest[Prefix.Length..];
        digits[..count].CopyTo(rest);
        rest = rest[count..];
        Suffix.CopyTo(rest);
        bytes.AsSpan(gap).CopyTo(rest[Suffix.Length..]);
        return result;
    }
}

/// <summary>
/// The one canonical form of stored objects: <c>{"kind":…,"apiVersion":…,"metadata":{"resourceVersion":"7","name":…</c>. The head's length follows from kind and apiVersion alone, so
/// lists can leave it out, other versions can replace it, and the revision can be spliced in, without parsing.
/// </summary>
public static class ObjectRenderer
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly string[] MetadataOrder =
    [
        "name", "generateName", "namespace", "uid", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
    ];

    /// <summary><c>{"kind":"Pod","apiVersion":"v1","metadata":{</c></summary>
    public static byte[] Head(string kind, string apiVersion) =>
        Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\",\"metadata\":{{");

    /// <summary>Renders an object whose kind and apiVersion are those of <paramref name="head"/>; its resourceVersion is left out.</summary>
    public static RenderedObject Render(JsonObject obj, byte[] head)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        buffer.Write(head);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        var first = true;
        var metadata = (JsonObject)obj["metadata"]!;
        foreach (var name in MetadataOrder)
        {
            if (metadata.TryGetPropertyValue(name, out var value) && value is not null) Property(buffer, writer, name, value, ref first);
        }

        buffer.Write("}"u8);
        first = false;
        foreach (var (name, value) in obj)
        {
            if (name is "kind" or "apiVersion" or "metadata") continue;
            Property(buffer, writer, name, value, ref first);
        }

        buffer.Write("}"u8);
        return new(buffer.WrittenSpan.ToArray(), head.Length);
    }

    /// <summary>Any JSON tree as bytes.</summary>
    public static byte[] Bytes(JsonNode? node)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions)) Write(writer, node);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Property(ArrayBufferWriter<byte> buffer, Utf8JsonWriter writer, string name, JsonNode? value, ref bool first)
    {
        if (!first) buffer.Write(","u8);
        first = false;
        writer.Reset(buffer);
        writer.WriteStringValue(name);
        writer.Flush();
        buffer.Write(":"u8);
        writer.Reset(buffer);
        Write(writer, value);
        writer.Flush();
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? value)
    {
        if (value is null) writer.WriteNullValue();
        else value.WriteTo(writer);
    }
}

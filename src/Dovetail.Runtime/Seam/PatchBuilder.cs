using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Dovetail.Runtime.Seam;

/// <summary>Builds a JSON patch (RFC 6902) as UTF-8. Paths are given as segments; <c>~</c> and <c>/</c> in them are escaped here.</summary>
public sealed class JsonPatchBuilder
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> buffer = new();
    private readonly Utf8JsonWriter writer;

    public JsonPatchBuilder()
    {
        writer = new Utf8JsonWriter(buffer, Relaxed);
        writer.WriteStartArray();
    }

    public bool IsEmpty { get; private set; } = true;

    /// <summary>The whole patch is refused (422) when the value at the path is another.</summary>
    public JsonPatchBuilder Test(ReadOnlySpan<string> path, string value) => Operation("test", path, value);

    public JsonPatchBuilder Add(ReadOnlySpan<string> path, string value) => Operation("add", path, value);

    public JsonPatchBuilder Replace(ReadOnlySpan<string> path, string value) => Operation("replace", path, value);

    public JsonPatchBuilder Test<T>(ReadOnlySpan<string> path, T value, JsonTypeInfo<T> json) => Operation("test", path, value, json);

    public JsonPatchBuilder Add<T>(ReadOnlySpan<string> path, T value, JsonTypeInfo<T> json) => Operation("add", path, value, json);

    public JsonPatchBuilder Replace<T>(ReadOnlySpan<string> path, T value, JsonTypeInfo<T> json) => Operation("replace", path, value, json);

    public JsonPatchBuilder Remove(ReadOnlySpan<string> path)
    {
        Begin("remove", path);
        writer.WriteEndObject();
        return this;
    }

    /// <summary>The finished patch; nothing can be added after it.</summary>
    public ReadOnlyMemory<byte> Build()
    {
        writer.WriteEndArray();
        writer.Dispose();
        return buffer.WrittenMemory;
    }

    private JsonPatchBuilder Operation(string op, ReadOnlySpan<string> path, string value)
    {
        Begin(op, path);
        writer.WriteString("value"u8, value);
        writer.WriteEndObject();
        return this;
    }

    private JsonPatchBuilder Operation<T>(string op, ReadOnlySpan<string> path, T value, JsonTypeInfo<T> json)
    {
        Begin(op, path);
        writer.WritePropertyName("value"u8);
        JsonSerializer.Serialize(writer, value, json);
        writer.WriteEndObject();
        return this;
    }

    private void Begin(string op, ReadOnlySpan<string> path)
    {
        IsEmpty = false;
        var pointer = new StringBuilder();
        foreach (var segment in path) pointer.Append('/').Append(segment.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        writer.WriteStartObject();
        writer.WriteString("op"u8, op);
        writer.WriteString("path"u8, pointer.ToString());
    }
}

/// <summary>Builds a merge patch (RFC 7386) as UTF-8: each call sets or removes the value at one path of segments.</summary>
public sealed class MergePatchBuilder
{
    private readonly JsonObject root = [];

    public bool IsEmpty => root.Count == 0;

    public MergePatchBuilder Set(ReadOnlySpan<string> path, string value) => Put(path, JsonValue.Create(value));

    public MergePatchBuilder Set<T>(ReadOnlySpan<string> path, T value, JsonTypeInfo<T> json) => Put(path, JsonSerializer.SerializeToNode(value, json));

    public MergePatchBuilder Remove(ReadOnlySpan<string> path) => Put(path, null);

    /// <summary>The write is refused with 409 Conflict when the object has another resourceVersion.</summary>
    public MergePatchBuilder AtRevision(string resourceVersion) => Set(["metadata", "resourceVersion"], resourceVersion);

    public ReadOnlyMemory<byte> Build()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) root.WriteTo(writer);
        return buffer.WrittenMemory;
    }

    private MergePatchBuilder Put(ReadOnlySpan<string> path, JsonNode? value)
    {
        var parent = root;
        foreach (var segment in path[..^1])
        {
            if (parent[segment] is not JsonObject child) parent[segment] = child = [];
            parent = child;
        }

        parent[path[^1]] = value;
        return this;
    }
}

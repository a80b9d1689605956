using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Http;

/// <summary>Writes <c>metav1.Status</c> objects.</summary>
internal static class StatusJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] Failure(ApiStatus status)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, Options);
        Start(writer, status.Continue);
        writer.WriteString("status"u8, "Failure"u8);
        writer.WriteString("message"u8, status.Message);
        if (status.Reason.Length > 0) writer.WriteString("reason"u8, status.Reason);
        Details(writer, status);
        writer.WriteNumber("code"u8, status.Code);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>What an immediate deletion answers with.</summary>
    public static byte[] Deleted(string group, string resource, string name, string uid)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, Options);
        Start(writer, "");
        writer.WriteString("status"u8, "Success"u8);
        writer.WriteStartObject("details"u8);
        writer.WriteString("name"u8, name);
        if (group.Length > 0) writer.WriteString("group"u8, group);
        writer.WriteString("kind"u8, resource);
        writer.WriteString("uid"u8, uid);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Start(Utf8JsonWriter writer, string continueToken)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "Status"u8);
        writer.WriteString("apiVersion"u8, "v1"u8);
        writer.WriteStartObject("metadata"u8);
        if (continueToken.Length > 0) writer.WriteString("continue"u8, continueToken);
        writer.WriteEndObject();
    }

    private static void Details(Utf8JsonWriter writer, ApiStatus status)
    {
        if (!status.HasDetails && status.Name.Length + status.Group.Length + status.Kind.Length + status.Uid.Length + status.Causes.Length == 0 && status.RetryAfterSeconds is null) return;
        writer.WriteStartObject("details"u8);
        if (status.Name.Length > 0) writer.WriteString("name"u8, status.Name);
        if (status.Group.Length > 0) writer.WriteString("group"u8, status.Group);
        if (status.Kind.Length > 0) writer.WriteString("kind"u8, status.Kind);
        if (status.Uid.Length > 0) writer.WriteString("uid"u8, status.Uid);
        if (status.Causes.Length > 0)
        {
            writer.WriteStartArray("causes"u8);
            foreach (var cause in status.Causes)
            {
                writer.WriteStartObject();
                if (cause.Reason.Length > 0) writer.WriteString("reason"u8, cause.Reason);
                writer.WriteString("message"u8, cause.Message);
                if (cause.Field.Length > 0) writer.WriteString("field"u8, cause.Field);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (status.RetryAfterSeconds is { } seconds) writer.WriteNumber("retryAfterSeconds"u8, seconds);
        writer.WriteEndObject();
    }
}

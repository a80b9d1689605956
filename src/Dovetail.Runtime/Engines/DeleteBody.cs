using System.Buffers;
using System.Text.Json;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.Runtime.Engines;

/// <summary>The body of a DELETE: <c>metav1.DeleteOptions</c>.</summary>
internal static class DeleteBody
{
    public static ReadOnlyMemory<byte> Render(DeleteOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("kind"u8, "DeleteOptions"u8);
        json.WriteString("apiVersion"u8, "v1"u8);
        if (options.GracePeriodSeconds is { } grace) json.WriteNumber("gracePeriodSeconds"u8, grace);
        if (options.PropagationPolicy.Length > 0) json.WriteString("propagationPolicy"u8, options.PropagationPolicy);
        if (options.DryRun)
        {
            json.WriteStartArray("dryRun"u8);
            json.WriteStringValue("All"u8);
            json.WriteEndArray();
        }

        if (options.PreconditionUid.Length > 0 || options.PreconditionResourceVersion.Length > 0)
        {
            json.WriteStartObject("preconditions"u8);
            if (options.PreconditionUid.Length > 0) json.WriteString("uid"u8, options.PreconditionUid);
            if (options.PreconditionResourceVersion.Length > 0) json.WriteString("resourceVersion"u8, options.PreconditionResourceVersion);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}

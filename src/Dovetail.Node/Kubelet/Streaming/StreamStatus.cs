using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>How a command or an attachment ended, as the error channel tells it since version 4 of the protocol: a JSON Status.</summary>
internal static class StreamStatus
{
    public static byte[] Success { get; } = """{"status":"Success"}"""u8.ToArray();

    public static byte[] Exited(int code, ImmutableArray<string> command) => code == 0 ? Success : Render(writer =>
    {
        writer.WriteString("status"u8, "Failure");
        writer.WriteString("message"u8, string.Create(CultureInfo.InvariantCulture, $"command terminated with non-zero exit code: error executing command [{string.Join(' ', command)}], exit code {code}"));
        writer.WriteString("reason"u8, "NonZeroExitCode");
        writer.WriteStartObject("details"u8);
        writer.WriteStartArray("causes"u8);
        writer.WriteStartObject();
        writer.WriteString("reason"u8, "ExitCode");
        writer.WriteString("message"u8, code.ToString(CultureInfo.InvariantCulture));
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    public static byte[] Failed(string cause) => Render(writer =>
    {
        writer.WriteString("status"u8, "Failure");
        writer.WriteString("message"u8, $"Internal error occurred: {cause}");
        writer.WriteString("reason"u8, "InternalError");
        writer.WriteNumber("code"u8, 500);
    });

    private static byte[] Render(Action<Utf8JsonWriter> fields)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            fields(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }
}

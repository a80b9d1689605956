using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dovetail.Api.Json;

/// <summary><c>metav1.Time</c>: RFC 3339 in UTC with whole seconds, e.g. <c>2026-11-23T13:41:12Z</c>. Reads any RFC 3339 instant.</summary>
public sealed class KubeTimeConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset().UtcDateTime;

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}

/// <summary><c>metav1.MicroTime</c>: as <see cref="KubeTimeConverter"/> with six digits of a second, e.g. <c>2026-11-23T13:41:12.000000Z</c>.</summary>
public sealed class KubeMicroTimeConverter : JsonConverter<DateTime?>
{
    public override DateTime? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null : reader.GetDateTimeOffset().UtcDateTime;

    public override void Write(Utf8JsonWriter writer, DateTime? value, JsonSerializerOptions options)
    {
        if (value is { } time)
            writer.WriteStringValue(time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        else
            writer.WriteNullValue();
    }
}

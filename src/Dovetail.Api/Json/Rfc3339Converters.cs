using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dovetail.Api.Json;

/// <summary><c>metav1.Time</c>: UTC, whole seconds, <c>2026-11-23T14:00:00Z</c>. Reads any RFC 3339 time; what is finer than a second is dropped when writing.</summary>
public sealed class Rfc3339SecondsConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Rfc3339.Read(ref reader);

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}

/// <summary><c>metav1.MicroTime</c> (leases, events): UTC with exactly six decimals.</summary>
public sealed class Rfc3339MicroConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Rfc3339.Read(ref reader);

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
}

internal static class Rfc3339
{
    public static DateTime Read(ref Utf8JsonReader reader)
    {
        var text = reader.GetString();
        return DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new JsonException($"'{text}' is not an RFC 3339 time");
    }
}

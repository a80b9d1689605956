using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Protobuf;

/// <summary>Messages whose JSON is a value of another shape: times, quantities, raw JSON.</summary>
internal static class WellKnown
{
    public static bool TryRead(string type, ReadOnlySpan<byte> content, out JsonNode? value)
    {
        switch (type)
        {
            case "meta.v1.Time":
                value = Time(content, "yyyy-MM-dd'T'HH:mm:ss'Z'");
                return true;
            case "meta.v1.MicroTime":
                value = Time(content, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
                return true;
            case "meta.v1.Duration":
                value = string.Create(CultureInfo.InvariantCulture, $"{Number(content, 1) / 1e9}s");
                return true;
            case "resource.Quantity":
                value = Text(content, 1);
                return true;
            case "intstr.IntOrString":
                value = Number(content, 1) == 0 ? Number(content, 2) : Text(content, 3);
                return true;
            case "runtime.RawExtension" or "apiextensions.v1.JSON" or "meta.v1.FieldsV1":
                var raw = Content(content, 1);
                value = raw.IsEmpty ? null : JsonNode.Parse(raw);
                return true;
            case "meta.v1.Verbs" or "authentication.v1.ExtraValue" or "authorization.v1.ExtraValue" or "certificates.v1.ExtraValue":
                value = Strings(content);
                return true;
            default:
                value = null;
                return false;
        }
    }

    /// <summary>An empty message is the zero time, which JSON leaves out.</summary>
    private static JsonNode? Time(ReadOnlySpan<byte> content, string format)
    {
        if (content.IsEmpty) return null;
        return DateTimeOffset.FromUnixTimeSeconds(Number(content, 1)).AddTicks(Number(content, 2) / 100).UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
    }

    private static JsonArray Strings(ReadOnlySpan<byte> content)
    {
        var result = new JsonArray();
        var wire = new WireReader(content);
        while (wire.Read()) result.Add((JsonNode)Encoding.UTF8.GetString(wire.Content));
        return result;
    }

    private static long Number(ReadOnlySpan<byte> content, int number)
    {
        var wire = new WireReader(content);
        while (wire.Read())
        {
            if (wire.Number == number && !wire.IsContent) return (long)wire.Value;
        }

        return 0;
    }

    private static string Text(ReadOnlySpan<byte> content, int number) => Encoding.UTF8.GetString(Content(content, number));

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> content, int number)
    {
        var wire = new WireReader(content);
        while (wire.Read())
        {
            if (wire.Number == number && wire.IsContent) return wire.Content;
        }

        return default;
    }
}

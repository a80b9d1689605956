using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using k8s.Models;

namespace Dovetail.Api.Json;

/// <summary>
/// <c>resource.Quantity</c> in the official models, which take a number of any size as it is: <c>1e9999999</c> costs seconds, and <c>1e30</c> throws wherever it is counted. As upstream's
/// parser does, a value is capped at 2⁶³-1 in either direction, and what is not zero is at least a nano.
/// </summary>
public sealed partial class KubeQuantityConverter : JsonConverter<ResourceQuantity>
{
    private const string Cap = "9223372036854775807";

    /// <summary>Reads <c>"1Gi"</c> as well as <c>1.5</c>.</summary>
    public override ResourceQuantity? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.Number => Parse(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
        _ => Parse(reader.GetString()!),
    };

    public override void Write(Utf8JsonWriter writer, ResourceQuantity value, JsonSerializerOptions options) => writer.WriteStringValue(Text(value));

    /// <exception cref="FormatException">The text is no quantity.</exception>
    public static ResourceQuantity Parse(string text)
    {
        var form = Form().Match(text);
        if (!form.Success) throw new FormatException($"\"{text}\" is not a quantity");
        var number = double.Parse(form.Groups["number"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (number == 0) return new ResourceQuantity("0");
        var size = Math.Abs(number) * Factor(form.Groups["suffix"].Value);
        var sign = number < 0 ? "-" : "";
        return size switch
        {
            >= long.MaxValue => new ResourceQuantity(sign + Cap),
            < 1e-9 => new ResourceQuantity(sign + "1n"),
            _ => new ResourceQuantity(text),
        };
    }

    /// <summary>The canonical form; that of the official model is wrong for what is below zero.</summary>
    public static string Text(ResourceQuantity quantity) =>
        quantity.ToDecimal() < 0 ? "-" + new ResourceQuantity(-quantity.ToDecimal(), 0, quantity.Format) : quantity.ToString();

    private static double Factor(string suffix) => suffix switch
    {
        "" => 1,
        [var family, 'i'] => Math.Pow(1024, "KMGTPE".IndexOf(family, StringComparison.Ordinal) + 1),
        ['e' or 'E', _, ..] => Math.Pow(10, double.Parse(suffix.AsSpan(1), NumberStyles.Float, CultureInfo.InvariantCulture)),
        _ => Math.Pow(1000, "num kMGTPE".IndexOf(suffix, StringComparison.Ordinal) - 3),
    };

    [GeneratedRegex(@"\A(?<number>[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+))(?<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}

using System.Globalization;
using System.Numerics;

namespace Dovetail.Machinery.Yaml;

internal enum YamlScalarKind
{
    Null,
    Boolean,
    Integer,
    Float,
    Text,
}

/// <param name="Kind">What the scalar is.</param>
/// <param name="Boolean">Its truth, for a boolean.</param>
/// <param name="Number">Its JSON spelling, for a number.</param>
internal readonly record struct YamlValue(YamlScalarKind Kind, bool Boolean = false, string Number = "");

/// <summary>The types of plain scalars in YAML 1.1, as sigs.k8s.io/yaml resolves them.</summary>
internal static class YamlScalars
{
    /// <summary>Of a number of 64 bits, in base 2.</summary>
    private const int MostDigits = 64;

    private const string TagPrefix = "tag:yaml.org,2002:";

    public static YamlValue Resolve(YamlScalar scalar)
    {
        switch (scalar.Tag)
        {
            case "" when !scalar.IsPlain:
                return new(YamlScalarKind.Text);
            case "" or TagPrefix + "int" or TagPrefix + "float" or TagPrefix + "bool" or TagPrefix + "null":
                var value = ResolvePlain(scalar.Text);
                if (scalar.Tag == TagPrefix + "float" && value.Kind == YamlScalarKind.Integer) return value with { Kind = YamlScalarKind.Float };
                var fits = scalar.Tag switch
                {
                    "" => true,
                    TagPrefix + "int" => value.Kind == YamlScalarKind.Integer,
                    TagPrefix + "float" => value.Kind == YamlScalarKind.Float,
                    TagPrefix + "bool" => value.Kind == YamlScalarKind.Boolean,
                    _ => value.Kind == YamlScalarKind.Null,
                };
                return fits ? value : throw Wrong(scalar);
            default:
                return new(YamlScalarKind.Text);
        }
    }

    public static YamlValue ResolvePlain(string text)
    {
        if (text.Length == 0) return new(YamlScalarKind.Null);
        switch (text)
        {
            case "~" or "null" or "Null" or "NULL":
                return new(YamlScalarKind.Null);
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y":
                return new(YamlScalarKind.Boolean, true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N":
                return new(YamlScalarKind.Boolean, false);
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.')) return new(YamlScalarKind.Text);
        return Integer(text) is { } integer ? new(YamlScalarKind.Integer, Number: integer)
            : Float(text) is { } number ? new(YamlScalarKind.Float, Number: number)
            : new(YamlScalarKind.Text);
    }

    private static string? Integer(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var negative = plain.StartsWith('-');
        var digits = plain.AsSpan(negative || plain.StartsWith('+') ? 1 : 0);
        if (digits.IsEmpty) return null;
        var significant = digits.Length > 2 && digits[0] == '0' && char.IsAsciiLetter(digits[1]) ? digits[2..] : digits;
        if (significant.TrimStart('0').Length > MostDigits) return null; // no time is spent on what has more than 64 bits in any base
        BigInteger value;
        if (digits.StartsWith("0x") || digits.StartsWith("0X"))
        {
            if (!BigInteger.TryParse("0" + digits[2..].ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) || digits.Length == 2) return null;
        }
        else if (digits.StartsWith("0b") || digits.StartsWith("0B"))
        {
            if (!BigInteger.TryParse("0" + digits[2..].ToString(), NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out value) || digits.Length == 2) return null;
        }
        else if (digits.Length > 1 && digits[0] == '0')
        {
            var octal = digits[1] is 'o' or 'O' ? digits[2..] : digits[1..];
            if (octal.IsEmpty || octal.IndexOfAnyExceptInRange('0', '7') >= 0) return null;
            value = BigInteger.Zero;
            foreach (var c in octal) value = (value << 3) + (c - '0');
        }
        else
        {
            if (digits.IndexOfAnyExceptInRange('0', '9') >= 0) return null;
            value = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        }

        if (negative) value = -value;
        if (value < long.MinValue || value > ulong.MaxValue) return null; // beyond 64 bits a number is a float
        return value.ToString(CultureInfo.InvariantCulture);
    }

    private static string? Float(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var body = plain.AsSpan(plain[0] is '+' or '-' ? 1 : 0);
        // [0-9]+ or .[0-9]+ with fraction and exponent; .inf and .nan have no JSON and stay text here, where upstream fails later.
        var digits = 0;
        var i = 0;
        for (; i < body.Length && char.IsAsciiDigit(body[i]); i++) digits++;
        if (i < body.Length && body[i] == '.')
            for (i++; i < body.Length && char.IsAsciiDigit(body[i]); i++) digits++;
        if (digits == 0) return null;
        if (i < body.Length && body[i] is 'e' or 'E')
        {
            i++;
            if (i < body.Length && body[i] is '+' or '-') i++;
            var exponent = i;
            while (i < body.Length && char.IsAsciiDigit(body[i])) i++;
            if (i == exponent) return null;
        }

        if (i != body.Length) return null;
        var value = double.Parse(plain, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value) ? Json(value) : null;
    }

    private static string Json(double value)
    {
        if (value == Math.Truncate(value) && Math.Abs(value) < 1e21) return value.ToString("F0", CultureInfo.InvariantCulture);
        return value.ToString("R", CultureInfo.InvariantCulture);
    }

    private static YamlFormatException Wrong(YamlScalar scalar) =>
        new(string.Create(CultureInfo.InvariantCulture, $"error converting YAML to JSON: yaml: line {scalar.Start.Line}: cannot decode '{scalar.Text}' as a !!{scalar.Tag[TagPrefix.Length..]}"));
}

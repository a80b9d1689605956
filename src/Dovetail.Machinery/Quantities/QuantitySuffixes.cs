using System.Buffers;
using System.Globalization;

namespace Dovetail.Machinery.Quantities;

/// <summary>The suffixes of quantities and what they multiply by.</summary>
internal static class QuantitySuffixes
{
    /// <summary>Every character that may follow the digits.</summary>
    public static readonly SearchValues<char> Letters = SearchValues.Create("eEinumkKMGTP+-0123456789");

    public static readonly string[] Binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    private static readonly string[] Decimals = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

    /// <summary>The suffix of 10^<paramref name="power"/>, a multiple of three from -9 to 18.</summary>
    public static string Decimal(int power) => Decimals[(power / 3) + 3];

    /// <param name="suffix">What follows the digits.</param>
    /// <param name="binary">The power of 1024.</param>
    /// <param name="exponent">The power of ten.</param>
    /// <param name="format">The family that the suffix belongs to.</param>
    public static bool TryParse(ReadOnlySpan<char> suffix, out int binary, out int exponent, out QuantityFormat format)
    {
        binary = 0;
        exponent = 0;
        format = QuantityFormat.DecimalSi;
        if (suffix.IsEmpty) return true;
        for (var i = 1; i < Binary.Length; i++)
        {
            if (!suffix.SequenceEqual(Binary[i])) continue;
            binary = i;
            format = QuantityFormat.BinarySi;
            return true;
        }

        for (var i = 0; i < Decimals.Length; i++)
        {
            if (Decimals[i].Length == 0 || !suffix.SequenceEqual(Decimals[i])) continue;
            exponent = (i - 3) * 3;
            return true;
        }

        if (suffix.Length < 2 || suffix[0] is not ('e' or 'E')) return false;
        format = QuantityFormat.DecimalExponent;
        return int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) && exponent is > -1_000_000 and < 1_000_000;
    }
}

using CsCheck;
using Dovetail.Machinery.Quantities;

namespace Dovetail.Machinery.Tests.Quantities;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0Gi", "0")]
    [InlineData("1", "1")]
    [InlineData("+1", "1")]
    [InlineData("1.", "1")]
    [InlineData(".5", "500m")]
    [InlineData("1.5", "1500m")]
    [InlineData("1000m", "1")]
    [InlineData("1000", "1k")]
    [InlineData("1024", "1024")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("0.5Mi", "512Ki")]
    [InlineData("1000Ki", "1000Ki")]
    [InlineData("0.5Ki", "512")]
    [InlineData("1e3", "1e3")]
    [InlineData("12e-1", "1200e-3")]
    [InlineData("1E", "1E")]
    [InlineData("-1.5Gi", "-1536Mi")]
    [InlineData("1n", "1n")]
    [InlineData("0.1n", "1n")]
    [InlineData("-0.1n", "-1n")]
    [InlineData("123456789.123456789", "123456789123456789n")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("99999999999999999999999", "9223372036854775807")]
    [InlineData("8Ei", "9223372036854775807")]
    public void Quantities_print_in_canonical_form(string text, string canonical) => Quantity.Parse(text).ToString().ShouldBe(canonical);

    [Theory]
    [InlineData("", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("x", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("1x", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("1KiB", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData("1iK", "unable to parse quantity's suffix")]
    [InlineData("1e", "unable to parse quantity's suffix")]
    public void What_is_no_quantity_is_refused_in_upstreams_words(string text, string message)
    {
        Should.Throw<FormatException>(() => Quantity.Parse(text)).Message.ShouldBe(message);
        Quantity.TryParse(text, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("1.1", 2, 1100)]
    [InlineData("-1.1", -2, -1100)]
    [InlineData("1500u", 1, 2)]
    [InlineData("64Mi", 67108864, 67108864000)]
    public void Whole_and_milli_values_are_rounded_away_from_zero(string text, long whole, long milli)
    {
        Quantity.Parse(text).ToLong().ShouldBe(whole);
        Quantity.Parse(text).ToMilli().ShouldBe(milli);
    }

    [Fact]
    public void Equal_amounts_are_equal_in_any_spelling()
    {
        Quantity.Parse("1Gi").ShouldBe(Quantity.Parse("1073741824"));
        Quantity.Parse("1Gi").GetHashCode().ShouldBe(Quantity.Parse("1024Mi").GetHashCode());
        (Quantity.Parse("1G") < Quantity.Parse("1Gi")).ShouldBeTrue();
    }

    [Fact]
    public void Sums_keep_the_first_ones_format()
    {
        (Quantity.Parse("1Gi") + Quantity.Parse("512M")).ToString().ShouldBe("1548576Ki");
        (Quantity.Zero + Quantity.Parse("1Gi")).ToString().ShouldBe("1Gi");
        (Quantity.Parse("1") - Quantity.Parse("100m")).ToString().ShouldBe("900m");
    }

    [Fact]
    public void The_canonical_form_means_the_same_amount() =>
        Gen.Select(Gen.Long[-10_000_000, 10_000_000], Gen.Int[0, 4], Gen.OneOf("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e2", "E-3")).Sample((digits, decimals, suffix) =>
        {
            var plain = Math.Abs(digits).ToString().PadLeft(decimals + 1, '0');
            var text = (digits < 0 ? "-" : "") + plain[..^decimals] + "." + plain[^decimals..] + suffix;
            var parsed = Quantity.Parse(text);
            var again = Quantity.Parse(parsed.ToString());
            return again == parsed && again.ToString() == parsed.ToString();
        });

    [Fact]
    public void Sums_and_comparisons_agree_with_exact_decimals() =>
        Gen.Select(Gen.Long[-1_000_000_000, 1_000_000_000], Gen.Long[-1_000_000_000, 1_000_000_000]).Sample((a, b) =>
        {
            Quantity x = Quantity.FromMilli(a), y = Quantity.FromMilli(b);
            return (x + y).ToMilli() == a + b && (x - y).ToMilli() == a - b && Math.Sign(x.CompareTo(y)) == Math.Sign(a.CompareTo(b));
        });
}

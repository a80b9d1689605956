using Dovetail.Api.Json;

namespace Dovetail.Api.Tests.Json;

public sealed class KubeQuantityConverterTests
{
    [Theory]
    [InlineData("1Gi", "1Gi")]
    [InlineData("1.5", "1500m")]
    [InlineData("250m", "250m")]
    [InlineData("12e3", "12e3")]
    [InlineData("+5k", "5k")]
    [InlineData("7n", "7n")]
    [InlineData("0e9999999", "0")]
    [InlineData("-1", "-1")]
    [InlineData("-64Mi", "-64Mi")]
    public void What_is_in_range_stays(string text, string canonical) => KubeQuantityConverter.Text(KubeQuantityConverter.Parse(text)).ShouldBe(canonical);

    [Theory]
    [InlineData("1e30")]
    [InlineData("1e9999999")]
    [InlineData("1e99999999999999999999")]
    [InlineData("99999999999999999999")]
    [InlineData("8Ei")]
    [InlineData("10E")]
    public void What_is_beyond_is_capped_as_upstream_caps_it(string text)
    {
        KubeQuantityConverter.Parse(text).ToInt64().ShouldBe(long.MaxValue);
        KubeQuantityConverter.Parse("-" + text).ToInt64().ShouldBe(-long.MaxValue);
    }

    [Theory]
    [InlineData("1e-9999999", "1n")]
    [InlineData("-1e-12", "-1n")]
    public void What_is_not_zero_is_at_least_a_nano(string text, string least) => KubeQuantityConverter.Text(KubeQuantityConverter.Parse(text)).ShouldBe(least);

    [Theory]
    [InlineData("")]
    [InlineData("lots")]
    [InlineData("1Zi")]
    [InlineData("1 Gi")]
    [InlineData("0x1")]
    [InlineData("1e")]
    public void What_is_no_quantity_is_refused(string text) => Should.Throw<FormatException>(() => KubeQuantityConverter.Parse(text));
}

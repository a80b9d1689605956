using Dovetail.Cli.History;
using Dovetail.Cli.Platform;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Cli.Tests.History;

public sealed class MomentTests
{
    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("1234", "1234")]
    [InlineData("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z")]
    [InlineData("90s", "2026-11-23T11:58:30.000Z")]
    [InlineData("1h30m", "2026-11-23T10:30:00.000Z")]
    [InlineData("2d", "2026-11-21T12:00:00.000Z")]
    public void A_moment_is_a_revision_a_time_or_how_long_ago(string text, string asOf) => Moment.Parse(text, Time).ShouldBe(asOf);

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("10x")]
    [InlineData("h")]
    public void Anything_else_is_refused(string text) => Should.Throw<UserErrorException>(() => Moment.Parse(text, Time)).Message.ShouldContain("is no moment");
}

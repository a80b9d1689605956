using Dovetail.ApiServer.Http;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Tests.Http;

public sealed class WarningHeadersTests
{
    [Fact]
    public void Each_text_comes_once_quoted_and_without_what_no_header_carries() =>
        Headers("a \"b\" \\ c", "é\n", "a \"b\" \\ c").ShouldBe(["299 - \"a \\\"b\\\" \\\\ c\"", "299 - \"??\""]);

    [Fact]
    public void Many_long_texts_are_cut_and_the_last_ones_left_out()
    {
        Headers([.. Texts(1, 4096)]).Single()!.Length.ShouldBe(4096 + "299 - \"\"".Length, "what fits together is left whole");

        var headers = Headers([.. Texts(100, 300)]);

        headers.Length.ShouldBe(4096 / 256);
        headers.ShouldAllBe(header => header!.Length == 256 + "299 - \"\"".Length);
    }

    private static IEnumerable<string> Texts(int count, int length) => Enumerable.Range(0, count).Select(n => $"{n}".PadRight(length, 'x'));

    private static string?[] Headers(params string[] warnings)
    {
        var context = new DefaultHttpContext();
        WarningHeaders.Add(context.Response, warnings);
        return [.. context.Response.Headers["Warning"]];
    }
}

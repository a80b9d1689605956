using System.Text.Json;
using CsCheck;
using Dovetail.Machinery.Selectors;

namespace Dovetail.Machinery.Tests.Selectors;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["tier"] = "1", ["empty"] = "", ["example.com/x"] = "y" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!nothing", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier=1", true)]
    [InlineData("app!=web", false)]
    [InlineData("nothing!=web", true)]
    [InlineData(" app in ( web , db ) ", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("nothing notin (web)", true)]
    [InlineData("nothing in (web)", false)]
    [InlineData("tier>0", true)]
    [InlineData("tier<1", false)]
    [InlineData("app>0", false)]
    [InlineData("empty=", true)]
    [InlineData("empty in (,a)", true)]
    [InlineData("app=", false)]
    [InlineData("example.com/x=y", true)]
    [InlineData("in=1", false)]
    [InlineData("app in (web),notin notin (in)", true)]
    public void Selectors_match_as_upstream_documents(string selector, bool matches)
    {
        var parsed = LabelSelector.Parse(selector);
        parsed.Matches((IDictionary<string, string>)Labels).ShouldBe(matches);
        var item = "{\"metadata\":{\"labels\":" + JsonSerializer.Serialize(Labels) + "}}";
        parsed.MatchesObject(JsonAssertions.Json(item)).ShouldBe(matches);
        using var document = JsonDocument.Parse(item);
        parsed.MatchesObject(document.RootElement).ShouldBe(matches);
    }

    [Theory]
    [InlineData("a=b,", "unable to parse requirement: found '', expected: identifier after ','")]
    [InlineData("=b", "unable to parse requirement: found '=', expected: !, identifier, or 'end of string'")]
    [InlineData("a in", "unable to parse requirement: found '' expected: '('")]
    [InlineData("a in (b", "unable to parse requirement: found '', expected: ',', or ')'")]
    [InlineData("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("a>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer")]
    public void What_is_no_selector_is_refused_in_upstreams_words(string selector, string message) =>
        Should.Throw<FormatException>(() => LabelSelector.Parse(selector)).Message.ShouldBe(message);

    [Theory]
    [InlineData("-a=b", "name part must consist of")]
    [InlineData("a/b/c", "a qualified name must consist of")]
    [InlineData("/a", "prefix part must be non-empty")]
    [InlineData("a=-", "a valid label must be an empty string or consist of")]
    public void Keys_and_values_must_be_legal(string selector, string message) =>
        Should.Throw<FormatException>(() => LabelSelector.Parse(selector)).Message.ShouldContain(message);

    [Fact]
    public void The_object_form_means_the_same()
    {
        var selector = LabelSelector.FromObject(JsonAssertions.Json(
            """{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"In","values":["2","1"]},{"key":"gone","operator":"DoesNotExist"}]}"""));
        selector.ToString().ShouldBe("app=web,!gone,tier in (1,2)");
        selector.Matches((IDictionary<string, string>)Labels).ShouldBeTrue();
    }

    [Fact]
    public void No_selector_object_selects_nothing_and_an_empty_one_everything()
    {
        LabelSelector.FromObject(null).Matches(_ => "x").ShouldBeFalse();
        LabelSelector.FromObject([]).Matches(_ => null).ShouldBeTrue();
    }

    [Fact]
    public void An_unknown_operator_of_an_object_is_refused() =>
        Should.Throw<FormatException>(() => LabelSelector.FromObject(JsonAssertions.Json("""{"matchExpressions":[{"key":"a","operator":"Frob"}]}""")))
            .Message.ShouldBe("\"Frob\" is not a valid label selector operator");

    [Fact]
    public void What_a_selector_prints_parses_to_the_same()
    {
        var key = Gen.OneOf("a", "b.c", "x.y/z", "in", "notin");
        var value = Gen.OneOf("1", "2", "", "in");
        var term = Gen.Select(key, value.List[1, 3], Gen.Int[0, 7]).Select((k, values, op) => op switch
        {
            0 => k,
            1 => "!" + k,
            2 => $"{k}={values[0]}",
            3 => $"{k}!={values[0]}",
            4 => $"{k} in ({string.Join(",", values)})",
            5 => $"{k} notin ({string.Join(",", values)})",
            6 => $"{k}>1",
            _ => $"{k}<1",
        });
        term.List[1, 4].Sample(terms =>
        {
            var printed = LabelSelector.Parse(string.Join(", ", terms)).ToString();
            return LabelSelector.Parse(printed).ToString() == printed;
        });
    }
}

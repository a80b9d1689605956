using System.Text;
using System.Text.Json;
using Dovetail.Machinery.JsonPath;

namespace Dovetail.Machinery.Tests.JsonPath;

public sealed class JsonPathTests
{
    private const string Item = """
        {"metadata":{"name":"x","labels":{"app.kubernetes.io/name":"n","plain":"p"}},
         "spec":{"replicas":3,"on":true,"list":[1,2,3,4],"items":[{"n":"a","v":1},{"n":"b","v":2}]},
         "status":{"conditions":[{"type":"Paused","status":"False"},{"type":"Ready","status":"True","reason":"ok"}]}}
        """;

    [Theory]
    [InlineData(".metadata.name", "x")]
    [InlineData("{.metadata.name}", "x")]
    [InlineData("metadata.name", "x")]
    [InlineData("$.metadata.name", "x")]
    [InlineData(@".metadata.labels.app\.kubernetes\.io/name", "n")]
    [InlineData(".metadata.labels['app.kubernetes.io/name']", "n")]
    [InlineData(".metadata.labels['plain','app.kubernetes.io/name']", "p|n")]
    [InlineData(".status.conditions[?(@.type=='Ready')].status", "True")]
    [InlineData(".status.conditions[?(@.type == \"Ready\")].reason", "ok")]
    [InlineData(".status.conditions[?(@.type!='Ready')].type", "Paused")]
    [InlineData(".status.conditions[?(@.reason)].type", "Ready")]
    [InlineData(".spec.items[?(@.v>1)].n", "b")]
    [InlineData(".spec.items[?(@.v<=1)].n", "a")]
    [InlineData(".spec.list[0]", "1")]
    [InlineData(".spec.list[-1]", "4")]
    [InlineData(".spec.list[1:3]", "2|3")]
    [InlineData(".spec.list[:2]", "1|2")]
    [InlineData(".spec.list[-2:]", "3|4")]
    [InlineData(".spec.list[::2]", "1|3")]
    [InlineData(".spec.list[0,2]", "1|3")]
    [InlineData(".spec.items[*].n", "a|b")]
    [InlineData(".spec.items[*]['n','v']", "a|1|b|2")]
    [InlineData(".metadata.labels.*", "n|p")]
    [InlineData("..n", "a|b")]
    [InlineData(".spec.replicas", "3")]
    [InlineData(".spec.items[0]", """{"n":"a","v":1}""")]
    [InlineData(".spec.nothing.at.all", "")]
    [InlineData(".spec.list[9]", "")]
    public void Paths_select_what_kubectl_selects(string path, string expected) =>
        string.Join("|", JsonPathExpression.Parse(path).Select(Encoding.UTF8.GetBytes(Item))).ShouldBe(expected);

    [Theory]
    [InlineData(".a[")]
    [InlineData(".a[x]")]
    [InlineData(".a[?(@.b=='c]")]
    [InlineData(".a[1:2:0]")]
    [InlineData(".a]")]
    public void What_is_no_path_is_refused(string path) => Should.Throw<FormatException>(() => JsonPathExpression.Parse(path));

    [Fact]
    public void Trees_and_elements_give_the_same()
    {
        var path = JsonPathExpression.Parse(".spec.items[*].v");
        path.Select(JsonAssertions.Json(Item)).Select(node => node!.GetValue<int>()).ShouldBe([1, 2]);
        using var document = JsonDocument.Parse(Item);
        path.TryFirst(document.RootElement, out var first).ShouldBeTrue();
        first.GetInt32().ShouldBe(1);
    }

    [Fact]
    public void Filters_in_filters_are_bounded() =>
        Should.Throw<FormatException>(() => JsonPathExpression.Parse("." + string.Concat(Enumerable.Repeat("a[?(@.", 100_000)))).Message.ShouldContain("filters are nested too deeply");
}

using System.Text.Json;
using Dovetail.Machinery.Selectors;

namespace Dovetail.Machinery.Tests.Selectors;

public sealed class FieldSelectorTests
{
    private const string Pod = """{"metadata":{"name":"a","namespace":"ns"},"spec":{"nodeName":"n1","hostNetwork":true},"status":{"phase":"Running"}}""";

    [Theory]
    [InlineData("", true)]
    [InlineData("metadata.name=a", true)]
    [InlineData("metadata.name==b", false)]
    [InlineData("metadata.name!=b,status.phase=Running", true)]
    [InlineData("status.phase!=Running", false)]
    [InlineData("spec.absent=", true)]
    [InlineData("spec.absent!=x", true)]
    [InlineData("spec.hostNetwork=true", true)]
    public void Fields_are_compared_as_text_and_absent_ones_are_empty(string selector, bool matches)
    {
        FieldSelector.Parse(selector).MatchesObject(JsonAssertions.Json(Pod)).ShouldBe(matches);
        using var document = JsonDocument.Parse(Pod);
        FieldSelector.Parse(selector).MatchesObject(document.RootElement).ShouldBe(matches);
    }

    [Fact]
    public void Escaped_characters_are_part_of_the_value()
    {
        var selector = FieldSelector.Parse(@"a=x\,y\=z\\w");
        selector.Requirements.Single().Value.ShouldBe(@"x,y=z\w");
        selector.ToString().ShouldBe(@"a=x\,y\=z\\w");
    }

    [Fact]
    public void The_name_that_is_asked_for_is_known() =>
        FieldSelector.Parse("metadata.namespace=x,metadata.name=y").RequiredValue("metadata.name").ShouldBe("y");

    [Fact]
    public void The_first_field_that_is_not_supported_is_named() =>
        FieldSelector.Parse("metadata.name=y,spec.frob=1").Unsupported(new HashSet<string> { "metadata.name" }).ShouldBe("spec.frob");

    [Theory]
    [InlineData("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'")]
    [InlineData("a=b=c", "invalid field selector: unescaped character in value: =")]
    public void What_is_no_selector_is_refused(string selector, string message) =>
        Should.Throw<FormatException>(() => FieldSelector.Parse(selector)).Message.ShouldBe(message);
}

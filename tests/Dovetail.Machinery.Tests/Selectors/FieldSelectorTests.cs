using Dovetail.Machinery.Selectors;

namespace Dovetail.Machinery.Tests.Selectors;

public sealed class FieldSelectorTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("metadata.name=a", true)]
    [InlineData("metadata.name==b", false)]
    [InlineData("metadata.name!=b,status.phase=Running", true)]
    [InlineData("status.phase!=Running", false)]
    [InlineData("spec.absent=", true)]
    [InlineData("spec.absent!=x", true)]
    public void Fields_are_compared_as_text_and_absent_ones_are_empty(string selector, bool matches) =>
        FieldSelector.Parse(selector).Matches(static field => field switch { "metadata.name" => "a", "status.phase" => "Running", _ => "" }).ShouldBe(matches);

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

    [Theory]
    [InlineData("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'")]
    [InlineData("a=b=c", "invalid field selector: unescaped character in value: =")]
    public void What_is_no_selector_is_refused(string selector, string message) =>
        Should.Throw<FormatException>(() => FieldSelector.Parse(selector)).Message.ShouldBe(message);
}

using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;

namespace Dovetail.Machinery.Tests.Patch;

public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2}]""", """{"a":[1,2,3]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/-","value":2}]""", """{"a":[1,2]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"add","path":"/a/2","value":3}]""", """{"a":[1,2,3]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"remove","path":"/a"}]""", """{"b":2}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"remove","path":"/a/-1"}]""", """{"a":[1,2]}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"replace","path":"/a/b","value":[]}]""", """{"a":{"b":[]}}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a/b","path":"/c"}]""", """{"a":{},"c":1}""")]
    [InlineData("""{"a":{"b":{"x":1}}}""", """[{"op":"copy","from":"/a","path":"/a/b/c"}]""", """{"a":{"b":{"x":1,"c":{"b":{"x":1}}}}}""")]
    [InlineData("""{"a/b":1,"m~n":2}""", """[{"op":"test","path":"/a~1b","value":1},{"op":"replace","path":"/m~0n","value":3}]""", """{"a/b":1,"m~n":3}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":1.0},{"op":"add","path":"/ok","value":null}]""", """{"a":1,"ok":null}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/absent","value":null}]""", """{"a":1}""")]
    public void Every_operation_does_what_RFC_6902_says(string document, string patch, string expected) =>
        Apply(document, patch).ShouldBeJson(expected);

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""")]
    [InlineData("""[{"op":"test","path":"/nothing","value":2}]""")]
    [InlineData("""[{"op":"remove","path":"/nothing"}]""")]
    [InlineData("""[{"op":"replace","path":"/x/y","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/x/y","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/l/7","value":1}]""")]
    [InlineData("""[{"op":"add","path":"","value":{}}]""")]
    [InlineData("""[{"op":"frob","path":"/a"}]""")]
    [InlineData("""[{"op":"add","path":"a","value":1}]""")]
    [InlineData("""[{"op":"move","from":"/o","path":"/o/inside"}]""")]
    public void A_patch_that_does_not_apply_is_unprocessable(string patch)
    {
        var refusal = Should.Throw<StatusException>(() => Apply("""{"a":1,"l":[],"o":{}}""", patch)).Status;
        (refusal.Code, refusal.Reason, refusal.Message).ShouldBe((422, "Invalid", "the server rejected our request due to an error in our request"));
    }

    [Fact]
    public void Replacing_a_field_that_is_absent_adds_it() => Apply("{}", """[{"op":"replace","path":"/a","value":1}]""").ShouldBeJson("""{"a":1}""");

    [Fact]
    public void Fields_that_no_operation_has_and_doubled_ones_are_named() =>
        Patches.Read(PatchType.Json, """[{"op":"add","path":"/a","path":"/b","value":1,"foo":2}]"""u8, null).Findings
            .ShouldBe(["json patch duplicate field \"[0].path\"", "json patch unknown field \"[0].foo\""]);

    [Theory]
    [InlineData("""{"op":"add"}""")]
    [InlineData("\"x\"")]
    [InlineData("[1]")]
    [InlineData("[{")]
    [InlineData("")]
    public void What_is_no_patch_is_a_bad_request(string patch) =>
        Should.Throw<StatusException>(() => Apply("{}", patch)).Status.Code.ShouldBe(400);

    [Fact]
    public void A_patch_of_more_than_ten_thousand_operations_is_too_large()
    {
        var patch = "[" + string.Join(",", Enumerable.Repeat("""{"op":"test","path":"/a","value":1}""", 10_001)) + "]";
        Should.Throw<StatusException>(() => Apply("""{"a":1}""", patch)).Status.Code.ShouldBe(413);
    }

    [Fact]
    public void The_object_that_a_failing_patch_was_applied_to_stays_as_it_was()
    {
        var current = (JsonObject)JsonNode.Parse("""{"a":{"b":1}}""")!;
        Should.Throw<StatusException>(() => Patches.Read(PatchType.Json, """[{"op":"remove","path":"/a/b"},{"op":"test","path":"/a","value":1}]"""u8, null).Apply(current));
        current.ShouldBeJson("""{"a":{"b":1}}""");
    }

    [Fact]
    public void Custom_resources_refuse_strategic_merge_with_415_and_name_what_they_take()
    {
        var refusal = Should.Throw<StatusException>(() => Patches.Read(PatchType.StrategicMerge, "{}"u8, null)).Status;
        refusal.Code.ShouldBe(415);
        refusal.Reason.ShouldBe("UnsupportedMediaType");
        refusal.Message.ShouldBe("the body of the request was in an unknown format - accepted media types include: "
            + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
    }

    private static JsonNode? Apply(string document, string patch) => Patches.Read(PatchType.Json, Encoding.UTF8.GetBytes(patch), null).Apply(JsonAssertions.Json(document));
}

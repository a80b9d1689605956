using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;

namespace Dovetail.Machinery.Tests.Patch;

public sealed class MergePatchTests
{
    // The table of RFC 7386, appendix A, as far as it is about objects.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void The_examples_of_RFC_7386_hold(string target, string patch, string expected) =>
        MergePatch.Apply(JsonAssertions.Json(target), JsonAssertions.Json(patch)).ShouldBeJson(expected);

    [Theory]
    [InlineData("[]", "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}")]
    [InlineData("\"x\"", "error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}")]
    [InlineData("null", "Invalid JSON Patch")]
    [InlineData("{\"a\"", "error decoding patch: unexpected end of JSON input")]
    [InlineData("{\"a\":tru1}", "error decoding patch: invalid character '1' in literal true (expecting 'e')")]
    public void What_is_no_object_is_no_merge_patch(string patch, string message)
    {
        var refusal = Should.Throw<StatusException>(() => Patches.Read(PatchType.Merge, System.Text.Encoding.UTF8.GetBytes(patch), null)).Status;
        (refusal.Code, refusal.Message).ShouldBe((400, message));
    }

    [Fact]
    public void The_difference_of_two_objects_turns_one_into_the_other() =>
        Gen.Select(RandomJson.Object, RandomJson.Object).Sample((before, after) =>
        {
            var patch = Difference(before, after);
            return JsonEquality.Equal(MergePatch.Apply((JsonObject)before.DeepClone(), patch), after);
        });

    private static JsonObject Difference(JsonObject before, JsonObject after)
    {
        var patch = new JsonObject();
        foreach (var (name, _) in before)
            if (!after.ContainsKey(name)) patch[name] = null;
        foreach (var (name, value) in after)
        {
            if (before.TryGetPropertyValue(name, out var old) && JsonEquality.Equal(old, value)) continue;
            patch[name] = old is JsonObject x && value is JsonObject y ? Difference(x, y) : value!.DeepClone();
        }

        return patch;
    }
}

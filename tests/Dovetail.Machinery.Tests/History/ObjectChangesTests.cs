using System.Text.Json.Nodes;
using Dovetail.Machinery.History;

namespace Dovetail.Machinery.Tests.History;

public sealed class ObjectChangesTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":2}""", "a: 1 -> 2")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":1,"c":{"d":true}}}""", "a.c.d: none -> true")]
    [InlineData("""{}""", """{"status":{}}""", "")]
    [InlineData("""{"metadata":{"resourceVersion":"1","generation":1}}""", """{"metadata":{"resourceVersion":"2","generation":2}}""", "")]
    [InlineData("""{"metadata":{"labels":{"example.com/a":"x"}}}""", """{"metadata":{"labels":{}}}""", "metadata.labels[\"example.com/a\"]: \"x\" -> none")]
    [InlineData("""{"c":[{"name":"a","v":1},{"name":"b","v":2}]}""", """{"c":[{"name":"b","v":3},{"name":"a","v":1}]}""", "c[name=b].v: 2 -> 3")]
    [InlineData("""{"c":["x","y"]}""", """{"c":["x","z"]}""", "c[1]: \"y\" -> \"z\"")]
    [InlineData("""{"c":["x"]}""", """{"c":["x","z"]}""", "c: [\"x\"] -> [\"x\",\"z\"]")]
    public void Two_states_differ_field_by_field(string old, string now, string expected) =>
        string.Join("; ", ObjectChanges.Between((JsonObject)JsonNode.Parse(old)!, (JsonObject)JsonNode.Parse(now)!)
            .Select(change => $"{change.Path}: {change.Old?.ToJsonString() ?? "none"} -> {change.New?.ToJsonString() ?? "none"}")).ShouldBe(expected);

    [Fact]
    public void The_manager_that_names_the_field_most_precisely_changed_it()
    {
        var old = State("""{"data":{"a":"1"}}""", Entry("creator", """{"f:data":{".":{},"f:a":{}},"f:type":{}}"""));
        var now = State("""{"data":{"a":"2"}}""", Entry("creator", """{"f:data":{},"f:type":{}}"""), Entry("patcher", """{"f:data":{"f:a":{}}}"""));
        Who(old, now).ShouldBe("patcher");
    }

    [Fact]
    public void A_field_that_has_gone_was_taken_by_the_manager_that_owned_it()
    {
        var old = State("""{"data":{"a":"1"}}""", Entry("one", """{"f:data":{"f:a":{}}}"""), Entry("other", """{"f:type":{}}"""));
        var now = State("""{"data":{}}""", Entry("one", """{"f:data":{}}"""), Entry("other", """{"f:type":{}}"""));
        Who(old, now).ShouldBe("one");
    }

    [Fact]
    public void An_item_of_a_list_is_found_by_its_key()
    {
        var old = State("""{"spec":{"containers":[{"name":"web","image":"a"}]}}""", Entry("one", """{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{},"f:name":{}}}}}"""));
        var now = State(
            """{"spec":{"containers":[{"name":"web","image":"b"}]}}""",
            Entry("one", """{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:name":{}}}}}"""),
            Entry("two", """{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{}}}}}"""));
        Who(old, now).ShouldBe("two");
    }

    private static string? Who(JsonObject old, JsonObject now) => FieldManagement.WhoChanged(ObjectChanges.Between(old, now).ShouldHaveSingleItem().Path, old, now)?.Name;

    private static JsonObject State(string json, params JsonNode[] managed)
    {
        var obj = (JsonObject)JsonNode.Parse(json)!;
        obj["metadata"] = new JsonObject { ["managedFields"] = new JsonArray(managed) };
        return obj;
    }

    private static JsonObject Entry(string manager, string fields) => new() { ["manager"] = manager, ["operation"] = "Update", ["fieldsV1"] = JsonNode.Parse(fields) };
}

using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Selectors;

namespace Dovetail.ApiServer.Tests.Registry;

public sealed class LabelFilterTests
{
    private static readonly string[] Selectors =
    [
        "", "app", "!app", "app=web", "app!=web", "app in (web,db)", "app notin (web,db)", "size>3", "size<3", "app=web,size>3", "app=web,!size", "example.com/part=a.b_c-d", "app=", "app==web,app!=db",
    ];

    private static readonly string[] Labels =
    [
        "{}", """{"app":"web"}""", """{"app":"db","size":"4"}""", """{"size":"2","app":"web"}""", """{"size":"many"}""", """{"size":"4x"}""", """{"app":""}""",
        """{"example.com/part":"a.b_c-d"}""", """{"apps":"web","xapp":"web"}""", """{"size":"-7"}""",
    ];

    [Fact]
    public void Stored_bytes_are_selected_as_their_labels_are()
    {
        foreach (var text in Selectors)
        {
            var selector = LabelSelector.Parse(text);
            var filter = new LabelFilter(selector);
            foreach (var labels in Labels.Select(l => (JsonObject)JsonNode.Parse(l)!))
            {
                var obj = new JsonObject
                {
                    ["kind"] = "ConfigMap",
                    ["apiVersion"] = "v1",
                    ["metadata"] = new JsonObject { ["name"] = "a", ["labels"] = labels.DeepClone(), ["annotations"] = new JsonObject { ["app"] = "web" } },
                    ["labels"] = new JsonObject { ["app"] = "web" },
                };
                filter.Matches(Encoding.UTF8.GetBytes(obj.ToJsonString())).ShouldBe(selector.MatchesObject(obj), $"{text} on {labels.ToJsonString()}");
            }
        }
    }

    [Fact]
    public void An_object_without_labels_is_selected_by_what_asks_for_none()
    {
        var bare = """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"labels":"app"}}"""u8;

        new LabelFilter(LabelSelector.Parse("!app")).Matches(bare).ShouldBeTrue();
        new LabelFilter(LabelSelector.Parse("app")).Matches(bare).ShouldBeFalse();
    }
}

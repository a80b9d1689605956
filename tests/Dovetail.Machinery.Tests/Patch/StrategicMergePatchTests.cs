using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Patch;

public sealed class StrategicMergePatchTests
{
    private static readonly Schema Pod = BuiltInSchemas.Get("io.k8s.api.core.v1.Pod");
    private static readonly Schema Deployment = BuiltInSchemas.Get("io.k8s.api.apps.v1.Deployment");

    [Fact]
    public void Containers_merge_by_name_and_keep_their_place() =>
        Patched(
            """{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]}}""",
            """{"spec":{"containers":[{"name":"b","image":"z"},{"name":"c","image":"w"}]}}""")
            .ShouldBeJson("""{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"z"},{"name":"c","image":"w"}]}}""");

    [Fact]
    public void An_item_with_the_delete_directive_goes() =>
        Patched("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""", """{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}""")
            .ShouldBeJson("""{"spec":{"containers":[{"name":"b"}]}}""");

    [Fact]
    public void A_list_with_the_replace_directive_is_replaced() =>
        Patched("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""", """{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}""")
            .ShouldBeJson("""{"spec":{"containers":[{"name":"c"}]}}""");

    [Fact]
    public void A_map_with_the_replace_directive_is_replaced() =>
        Patched("""{"metadata":{"labels":{"a":"1","b":"2"}}}""", """{"metadata":{"labels":{"$patch":"replace","c":"3"}}}""")
            .ShouldBeJson("""{"metadata":{"labels":{"c":"3"}}}""");

    [Fact]
    public void Null_deletes_a_field_and_absent_nulls_add_nothing() =>
        Patched("""{"spec":{"nodeName":"n"}}""", """{"spec":{"nodeName":null,"hostname":null,"dnsConfig":{"searches":["x"],"options":null}}}""")
            .ShouldBeJson("""{"spec":{"dnsConfig":{"searches":["x"]}}}""");

    [Fact]
    public void Primitive_lists_that_merge_are_sets() =>
        Patched("""{"metadata":{"finalizers":["a","b"]}}""", """{"metadata":{"finalizers":["b","c"]}}""")
            .ShouldBeJson("""{"metadata":{"finalizers":["a","b","c"]}}""");

    // What the real kubectl 1.32 gives for `kubectl patch --local --type strategic`.
    [Theory]
    [InlineData("""["f/4","f/1"]""", """["f/4","f/1","f/2","f/3"]""")]
    [InlineData("""["f/3","f/4"]""", """["f/1","f/2","f/3","f/4"]""")]
    [InlineData("""["f/9"]""", """["f/9","f/1","f/2","f/3"]""")]
    public void What_is_new_stands_before_what_only_the_server_knows(string patch, string expected) =>
        Patched("""{"metadata":{"finalizers":["f/1","f/2","f/3"]}}""", $$"""{"metadata":{"finalizers":{{patch}}} }""").ShouldBeJson($$"""{"metadata":{"finalizers":{{expected}}} }""");

    [Theory]
    [InlineData("""{"spec":{"$deleteFromPrimitiveList/containers":["a"]}}""")]
    [InlineData("""{"spec":{"$setElementOrder/containers":{"name":"a"}}}""")]
    public void Directives_that_do_not_fit_their_list_are_refused(string patch) =>
        Should.Throw<StatusException>(() => Patched("""{"spec":{"containers":[{"name":"a"}],"tolerations":[]}}""", patch)).Status.Code.ShouldBe(500);

    [Fact]
    public void Deleting_a_map_that_is_not_there_adds_nothing() =>
        Patched("""{"spec":{}}""", """{"spec":{"dnsConfig":{"$patch":"delete"}}}""").ShouldBeJson("""{"spec":{}}""");

    [Fact]
    public void Primitives_are_deleted_by_their_directive() =>
        Patched("""{"metadata":{"finalizers":["a","b","c"]}}""", """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a","c"]}}""")
            .ShouldBeJson("""{"metadata":{"finalizers":["b"]}}""");

    [Fact]
    public void Lists_without_a_strategy_are_replaced() =>
        Patched("""{"spec":{"containers":[{"name":"a","args":["1","2"]}]}}""", """{"spec":{"containers":[{"name":"a","args":["3"]}]}}""")
            .ShouldBeJson("""{"spec":{"containers":[{"name":"a","args":["3"]}]}}""");

    [Fact]
    public void The_element_order_is_obeyed_and_items_of_the_server_stay_behind_their_neighbours() =>
        Patched(
            """{"spec":{"containers":[{"name":"a"},{"name":"server"},{"name":"b"}]}}""",
            """{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"},{"name":"c"}],"containers":[{"name":"c"}]}}""")
            .ShouldBeJson("""{"spec":{"containers":[{"name":"server"},{"name":"b"},{"name":"a"},{"name":"c"}]}}""");

    [Fact]
    public void An_item_that_replaces_a_deleted_one_stands_where_kubectl_shows_it() =>
        Patched(
            """{"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}}""",
            """{"spec":{"$setElementOrder/containers":[{"name":"new"},{"name":"b"}],"containers":[{"name":"new"},{"$patch":"delete","name":"a"}]}}""")
            .ShouldBeJson("""{"spec":{"containers":[{"name":"c"},{"name":"new"},{"name":"b"}]}}""");

    [Fact]
    public void An_order_alone_reorders() =>
        Patched("""{"metadata":{"finalizers":["a","b"]}}""", """{"metadata":{"$setElementOrder/finalizers":["b","a"]}}""")
            .ShouldBeJson("""{"metadata":{"finalizers":["b","a"]}}""");

    [Fact]
    public void An_order_that_lacks_a_patched_item_is_refused() =>
        Should.Throw<StatusException>(() => Patched("""{"spec":{}}""", """{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"b"}]}}""")).Status.Code.ShouldBe(500);

    [Fact]
    public void Retained_keys_drop_the_others_of_a_union() =>
        Patched(
            Deployment,
            """{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}""",
            """{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}""")
            .ShouldBeJson("""{"spec":{"strategy":{"type":"Recreate"}}}""");

    [Fact]
    public void What_is_added_whole_loses_its_items_with_directives() =>
        Patched("""{"spec":{}}""", """{"spec":{"volumes":[{"name":"v","emptyDir":{},"$retainKeys":["name","emptyDir"]},{"$patch":"delete","name":"w"}]}}""")
            .ShouldBeJson("""{"spec":{"volumes":[{"name":"v","emptyDir":{},"$retainKeys":["name","emptyDir"]}]}}""");

    [Theory]
    [InlineData("""{"spec":{"containers":[{"image":"x"}]}}""", 500, "map: map[image:x] does not contain declared merge key: name")]
    [InlineData("""{"spec":{"$patch":"frob"}}""", 500, "unknown patch type: frob in map: map[$patch:frob]")]
    [InlineData("""{"spec":{"$setElementOrder/nothing":[]}}""", 500, "unable to find api field in struct PodSpec for the json field \"nothing\"")]
    [InlineData("""{"spec":{"$retainKeys":["a"],"b":1}}""", 400, "invalid patch format of retainKeys")]
    [InlineData("""{"spec":{"containers":["x"]}}""", 500, "list element types are not identical: [[map[name:a]] [x]]")]
    public void A_patch_that_does_not_fit_is_refused_in_upstreams_words(string patch, int code, string message)
    {
        var refusal = Should.Throw<StatusException>(() => Patched("""{"spec":{"containers":[{"name":"a"}]}}""", patch)).Status;
        (refusal.Code, refusal.Message).ShouldBe((code, message));
    }

    private static JsonNode? Patched(string target, string patch) => Patched(Pod, target, patch);

    private static JsonNode? Patched(Schema schema, string target, string patch) =>
        Patches.Read(PatchType.StrategicMerge, Encoding.UTF8.GetBytes(patch), schema).Apply(JsonAssertions.Json(target));
}

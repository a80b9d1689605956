using System.Text.Json.Nodes;
using Dovetail.Machinery.Apply;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Machinery.Tests.Apply;

/// <summary>The stories that upstream's documentation of server-side apply tells, as transcripts.</summary>
public sealed class FieldManagerTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly FieldManager configMaps;
    private readonly FieldManager deployments;

    public FieldManagerTests()
    {
        configMaps = Manager("io.k8s.api.core.v1.ConfigMap", "v1");
        deployments = Manager("io.k8s.api.apps.v1.Deployment", "apps/v1");
    }

    [Fact]
    public void An_applied_object_is_owned_by_its_manager()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1"}"""), "me", force: false);
        live["data"].ShouldBeJson("""{"a":"1"}""");
        live["metadata"]!["managedFields"].ShouldBeJson("""
            [{"manager":"me","operation":"Apply","apiVersion":"v1","time":"2026-11-23T12:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}}}]
            """);
    }

    [Fact]
    public void A_field_that_is_applied_no_more_is_removed()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1","b":"2"}"""), "me", force: false);
        live = configMaps.Apply(live, ConfigMap("""{"b":"2"}"""), "me", force: false);
        live["data"].ShouldBeJson("""{"b":"2"}""");
        live = configMaps.Apply(live, ConfigMap(null), "me", force: false);
        live["data"].ShouldBeNull();
    }

    [Fact]
    public void A_field_that_another_applier_owns_too_stays_when_one_lets_go()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1","b":"2"}"""), "one", force: false);
        live = configMaps.Apply(live, ConfigMap("""{"a":"1"}"""), "two", force: false);
        live = configMaps.Apply(live, ConfigMap(null), "one", force: false);
        live["data"].ShouldBeJson("""{"a":"1"}""");
        Owners(live).ShouldBe(["two Apply data.a"]);
    }

    [Fact]
    public void Another_value_for_an_owned_field_is_a_conflict_that_names_field_and_manager()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1","b":"2"}"""), "one", force: false);
        var refusal = Should.Throw<StatusException>(() => configMaps.Apply(live, ConfigMap("""{"a":"x"}"""), "two", force: false)).Status;
        (refusal.Code, refusal.Reason).ShouldBe((409, "Conflict"));
        refusal.Message.ShouldBe("Apply failed with 1 conflict: conflict with \"one\": .data.a");
        refusal.Causes.ShouldBe([new StatusCause("FieldManagerConflict", "conflict with \"one\"", ".data.a")]);
    }

    [Fact]
    public void Several_conflicts_are_listed_by_manager()
    {
        var live = Deployment("""{"replicas":1,"template":{"spec":{"containers":[{"name":"c","image":"x"}]}}}""");
        deployments.Update(null, live, "kubectl");
        var config = Deployment("""{"replicas":2,"template":{"spec":{"containers":[{"name":"c","image":"y"}]}}}""");
        Should.Throw<StatusException>(() => deployments.Apply(live, config, "me", force: false)).Status.Message.ShouldBe(
            "Apply failed with 2 conflicts: conflicts with \"kubectl\" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name=\"c\"].image");
    }

    [Fact]
    public void Force_takes_the_field_over()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1","b":"2"}"""), "one", force: false);
        live = configMaps.Apply(live, ConfigMap("""{"a":"x"}"""), "two", force: true);
        live["data"].ShouldBeJson("""{"a":"x","b":"2"}""");
        Owners(live).ShouldBe(["one Apply data.b", "two Apply data.a"]);
    }

    [Fact]
    public void The_same_value_is_shared_without_conflict()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1"}"""), "one", force: false);
        live = configMaps.Apply(live, ConfigMap("""{"a":"1"}"""), "two", force: false);
        // Who changes nothing has no time, and so comes first.
        Owners(live).ShouldBe(["two Apply data.a", "one Apply data.a"]);
    }

    [Fact]
    public void An_update_takes_what_it_changes_from_whoever_owned_it()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1","b":"2"}"""), "one", force: false);
        var updated = (JsonObject)live.DeepClone();
        updated["data"]!["a"] = "changed";
        configMaps.Update(live, updated, "editor");
        Owners(updated).ShouldBe(["one Apply data.b", "editor Update data.a"]);
    }

    [Fact]
    public void Scaling_hands_over_a_field_without_loss()
    {
        var live = deployments.Apply(null, Deployment("""{"replicas":1,"paused":true}"""), "me", force: false);
        var scaled = (JsonObject)live.DeepClone();
        scaled["spec"]!["replicas"] = 5;
        new FieldManager(BuiltInSchemas.Get("io.k8s.api.apps.v1.Deployment"), "apps/v1", "Deployment", "scale", FieldSet.Empty, time).Update(live, scaled, "hpa");
        Owners(scaled).ShouldBe(["me Apply spec.paused", "hpa Update/scale spec.replicas"]);
        var again = deployments.Apply(scaled, Deployment("""{"paused":true}"""), "me", force: false);
        again["spec"]!["replicas"]!.GetValue<int>().ShouldBe(5);
    }

    [Fact]
    public void List_items_are_merged_by_key_and_owned_one_by_one()
    {
        var live = deployments.Apply(null, Deployment("""{"template":{"spec":{"containers":[{"name":"a","image":"1","ports":[{"containerPort":80}]}]}}}"""), "one", force: false);
        live = deployments.Apply(live, Deployment("""{"template":{"spec":{"containers":[{"name":"b","image":"2"},{"name":"a","env":[{"name":"X","value":"y"}]}]}}}"""), "two", force: false);
        live["spec"]!["template"]!["spec"]!["containers"].ShouldBeJson(
            """[{"name":"b","image":"2"},{"name":"a","image":"1","ports":[{"containerPort":80}],"env":[{"name":"X","value":"y"}]}]""");
        FieldsOf(live, "one").ShouldBeJson(
            """{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:image":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}}}""");
        live = deployments.Apply(live, Deployment("""{"template":{"spec":{"containers":[{"name":"a","env":[]}]}}}"""), "two", force: false);
        live["spec"]!["template"]!["spec"]!["containers"].ShouldBeJson("""[{"name":"a","image":"1","ports":[{"containerPort":80}]}]""");
    }

    [Fact]
    public void Sets_are_owned_by_value()
    {
        var live = configMaps.Apply(null, Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","finalizers":["x/1"]}}"""), "one", force: false);
        live = configMaps.Apply(live, Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","finalizers":["x/2"]}}"""), "two", force: false);
        live["metadata"]!["finalizers"].ShouldBeJson("""["x/1","x/2"]""");
        FieldsOf(live, "two").ShouldBeJson("""{"f:metadata":{"f:finalizers":{"v:\"x/2\"":{}}}}""");
        live = configMaps.Apply(live, Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"""), "one", force: false);
        live["metadata"]!["finalizers"].ShouldBeJson("""["x/2"]""");
    }

    [Fact]
    public void Atomic_parts_change_hands_as_a_whole()
    {
        var live = deployments.Apply(null, Deployment("""{"selector":{"matchLabels":{"a":"1"}}}"""), "one", force: false);
        FieldsOf(live, "one").ShouldBeJson("""{"f:spec":{"f:selector":{}}}""");
        Should.Throw<StatusException>(() => deployments.Apply(live, Deployment("""{"selector":{"matchLabels":{"b":"1"}}}"""), "two", force: false)).Status.Code.ShouldBe(409);
    }

    [Fact]
    public void An_apply_that_changes_nothing_gives_back_the_live_object_with_its_times()
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1"}"""), "me", force: false);
        time.Advance(TimeSpan.FromHours(1));
        configMaps.Apply(live, ConfigMap("""{"a":"1"}"""), "me", force: false).ShouldBeJson(live.ToJsonString());
    }

    [Fact]
    public void Fields_of_the_system_are_never_owned()
    {
        var created = Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"1","generation":1,"creationTimestamp":"2026-11-23T12:00:00Z","labels":{"l":"1"}}}""");
        configMaps.Update(null, created, "kubectl-create");
        FieldsOf(created, "kubectl-create").ShouldBeJson("""{"f:metadata":{"f:labels":{".":{},"f:l":{}}}}""");
    }

    [Fact]
    public void A_write_that_changes_nothing_keeps_managedFields_as_they_are()
    {
        var live = ConfigMap("""{"a":"1"}""");
        configMaps.Update(null, live, "one");
        var same = (JsonObject)live.DeepClone();
        same["metadata"]!.AsObject().Remove("managedFields");
        same["metadata"]!["resourceVersion"] = "9";
        configMaps.Update(live, same, "two");
        same["metadata"]!["managedFields"].ShouldBeJson(live["metadata"]!["managedFields"]!.ToJsonString());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[{}]")]
    public void An_empty_list_or_entry_takes_managedFields_away_until_somebody_applies(string managedFields)
    {
        var live = configMaps.Apply(null, ConfigMap("""{"a":"1"}"""), "me", force: false);
        live["metadata"]!["uid"] = "u";
        var reset = (JsonObject)live.DeepClone();
        reset["metadata"]!["managedFields"] = JsonNode.Parse(managedFields);
        configMaps.Update(live, reset, "x");
        reset["metadata"]!["managedFields"].ShouldBeNull();

        var changed = (JsonObject)reset.DeepClone();
        changed["data"]!["a"] = "2";
        configMaps.Update(reset, changed, "x");
        changed["metadata"]!["managedFields"].ShouldBeNull();

        Owners(configMaps.Apply(changed, ConfigMap("""{"a":"2"}"""), "me", force: false)).ShouldBe(["me Apply data.a", "before-first-apply Update data data.a"]);
    }

    [Fact]
    public void What_was_there_before_the_first_apply_has_an_owner_that_conflicts()
    {
        var live = ConfigMap("""{"a":"1"}""");
        var refusal = Should.Throw<StatusException>(() => configMaps.Apply(live, ConfigMap("""{"a":"2"}"""), "me", force: false));
        refusal.Status.Message.ShouldBe("Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.a");
    }

    [Fact]
    public void Kubectl_moves_from_client_side_to_server_side_apply_without_conflict()
    {
        var live = ConfigMap("""{"a":"1"}""");
        live["metadata"]!["annotations"] = new JsonObject { ["kubectl.kubernetes.io/last-applied-configuration"] = ConfigMap("""{"a":"1"}""").ToJsonString() + "\n" };
        configMaps.Update(null, live, "kubectl-client-side-apply");
        var applied = configMaps.Apply(live, ConfigMap("""{"a":"2"}"""), "kubectl", force: false);
        applied["data"].ShouldBeJson("""{"a":"2"}""");
        applied["metadata"]!["annotations"]!["kubectl.kubernetes.io/last-applied-configuration"]!.ToString().ShouldContain("\"a\":\"2\"");

        var edited = (JsonObject)live.DeepClone();
        edited["data"]!["a"] = "by hand";
        configMaps.Update(live, edited, "kubectl-edit");
        Should.Throw<StatusException>(() => configMaps.Apply(edited, ConfigMap("""{"a":"2"}"""), "kubectl", force: false)).Status.Code.ShouldBe(409);
    }

    [Fact]
    public void The_oldest_of_too_many_updaters_are_merged()
    {
        var live = ConfigMap("{}");
        for (var i = 0; i < 14; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            var next = (JsonObject)live.DeepClone();
            next["data"]!["k" + i] = "v";
            configMaps.Update(live, next, "m" + i);
            live = next;
        }

        var owners = Owners(live);
        owners.Count(owner => owner.Contains(" Update ", StringComparison.Ordinal)).ShouldBe(AncientChanges.MaxUpdateManagers);
        owners[0].ShouldStartWith("ancient-changes Update");
        FieldSet.Parse(FieldsOf(live, "ancient-changes")).Contains("f:data", "f:k0").ShouldBeTrue();
    }

    [Fact]
    public void Fields_that_a_write_cannot_change_are_not_owned_by_it()
    {
        var manager = new FieldManager(BuiltInSchemas.Get("io.k8s.api.apps.v1.Deployment"), "apps/v1", "Deployment", "", FieldSet.Of([["f:status"]]), time);
        var applied = Deployment("""{"replicas":1}""");
        applied["status"] = new JsonObject { ["replicas"] = 1 };
        FieldsOf(manager.Apply(null, applied, "me", force: false), "me").ShouldBeJson("""{"f:spec":{"f:replicas":{}}}""");
    }

    [Theory]
    [InlineData("""{"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"a"}}""", 400, "invalid object type: /v2, Kind=ConfigMap")]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","managedFields":[{}]}}""", 400, "metadata.managedFields must be nil")]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":7,"namespace":"n"}}""", 500, "failed to create typed patch object (n/; /v1, Kind=ConfigMap): .metadata.name: expected string, got &value.valueUnstructured{Value:7}")]
    [InlineData("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n"},"frob":1}""", 500, "failed to create typed patch object (n/a; /v1, Kind=ConfigMap): .frob: field not declared in schema")]
    public void A_configuration_that_cannot_be_applied_is_refused(string configuration, int code, string message)
    {
        var refusal = Should.Throw<StatusException>(() => configMaps.Apply(null, Parse(configuration), "me", force: false)).Status;
        (refusal.Code, refusal.Message).ShouldBe((code, message));
    }

    private FieldManager Manager(string definition, string apiVersion) => new(BuiltInSchemas.Get(definition), apiVersion, definition[(definition.LastIndexOf('.') + 1)..], "", FieldSet.Empty, time);

    private static JsonObject ConfigMap(string? data)
    {
        var item = Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}""");
        if (data is not null) item["data"] = JsonNode.Parse(data);
        return item;
    }

    private static JsonObject Deployment(string spec)
    {
        var item = Parse("""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}}""");
        item["spec"] = JsonNode.Parse(spec);
        return item;
    }

    private static JsonObject Parse(string text) => JsonAssertions.Json(text);

    private static JsonObject FieldsOf(JsonObject item, string manager) =>
        (JsonObject)((JsonArray)item["metadata"]!["managedFields"]!).Single(entry => entry!["manager"]!.ToString() == manager)!["fieldsV1"]!;

    private static List<string> Owners(JsonObject item) =>
        [.. ((JsonArray)item["metadata"]!["managedFields"]!).Select(entry =>
            $"{entry!["manager"]} {entry["operation"]}{(entry["subresource"] is { } sub ? "/" + sub : "")} "
            + string.Join(" ", FieldSet.Parse((JsonObject)entry["fieldsV1"]!).Paths().Select(path => string.Join(".", path.Select(step => step[2..])))))];
}

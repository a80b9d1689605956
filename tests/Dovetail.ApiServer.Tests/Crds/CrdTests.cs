using System.Text.Json.Nodes;
using Dovetail.ApiServer.Crds;
using Dovetail.ApiServer.Tests.Registry;
using Dovetail.Machinery.Endpoints;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Crds;

public sealed class CrdTests
{
    private static readonly ObjectTarget Crds = Target("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    private static readonly ObjectTarget Widgets = Target("bench.example.com", "v1", "widgets", "demo");
    private readonly RegistryHarness api = new();

    [Fact]
    public void A_custom_resource_is_served_as_soon_as_its_definition_is_created()
    {
        var crd = api.Create(Crds, Crd());

        Condition(crd, "Established").ShouldBe("True");
        Condition(crd, "NamesAccepted").ShouldBe("True");
        var widget = api.Create(Widgets, Widget("""{"mode":"fast","strange":1}"""));
        ((long?)widget["spec"]!["size"]).ShouldBe(1);
        widget["spec"]!["strange"].ShouldBeNull();
        ((long?)widget["metadata"]!["generation"]).ShouldBe(1);
    }

    [Fact]
    public void Every_broken_rule_is_reported_at_once()
    {
        api.Create(Crds, Crd());

        var refusal = Refused(() => api.Create(Widgets, Widget("""{"mode":"warp","size":101}""")));

        refusal.Code.ShouldBe(422);
        refusal.Causes.Select(c => c.Field).ShouldBe(["spec.mode", "spec.size"], ignoreOrder: true);
    }

    [Fact]
    public void Generation_counts_changes_of_the_spec_only()
    {
        api.Create(Crds, Crd());
        api.Create(Widgets, Widget("""{"mode":"fast"}"""));
        var one = Widgets with { Name = "w" };

        api.Merge(one, """{"metadata":{"labels":{"a":"b"}}}""");
        api.Merge(one with { Subresource = "status" }, """{"status":{"size":3},"spec":{"size":50}}""");
        ((long?)api.Get(one)["metadata"]!["generation"]).ShouldBe(1);
        ((long?)api.Get(one)["spec"]!["size"]).ShouldBe(1);
        api.Merge(one, """{"spec":{"size":2}}""");

        ((long?)api.Get(one)["metadata"]!["generation"]).ShouldBe(2);
        ((long?)api.Get(one)["status"]!["size"]).ShouldBe(3);
    }

    [Fact]
    public void Scale_reads_and_writes_where_the_definition_says()
    {
        api.Create(Crds, Crd());
        api.Create(Widgets, Widget("""{"mode":"fast"}"""));
        var scale = Widgets with { Name = "w", Subresource = "scale" };

        ((long?)api.Get(scale)["spec"]!["replicas"]).ShouldBe(1);
        api.Merge(scale, """{"spec":{"replicas":7}}""");

        ((long?)api.Get(Widgets with { Name = "w" })["spec"]!["size"]).ShouldBe(7);
    }

    [Fact]
    public void Another_version_shows_the_same_object_under_its_own_name()
    {
        api.Create(Crds, Crd(""","versions2":true"""));
        api.Create(Widgets, Widget("""{"mode":"fast"}"""));

        var old = api.Get(Widgets with { Version = "v1beta1", Name = "w" });
        ((string?)old["apiVersion"]).ShouldBe("bench.example.com/v1beta1");
        old["spec"]!["size"] = 9;
        api.Update(Widgets with { Version = "v1beta1", Name = "w" }, old);

        ((string?)api.Get(Widgets with { Name = "w" })["apiVersion"]).ShouldBe("bench.example.com/v1");
        ((long?)api.Get(Widgets with { Name = "w" })["spec"]!["size"]).ShouldBe(9);
    }

    [Fact]
    public void A_default_that_is_added_later_shows_in_older_objects()
    {
        var crd = api.Create(Crds, Crd());
        api.Create(Widgets, Widget("""{"mode":"fast"}"""));
        var properties = crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!.AsObject();
        properties["late"] = new JsonObject { ["type"] = "string", ["default"] = "here" };

        api.Update(Crds with { Name = "widgets.bench.example.com" }, crd);

        ((string?)api.Get(Widgets with { Name = "w" })["spec"]!["late"]).ShouldBe("here");
    }

    [Fact]
    public void A_definition_whose_rules_nobody_evaluates_is_refused_by_name()
    {
        var refusal = Refused(() => api.Create(Crds, Crd().Replace("\"spec\":{\"type\":\"object\",", "\"spec\":{\"type\":\"object\",\"x-kubernetes-validations\":[{\"rule\":\"self.size > 0\"}],", StringComparison.Ordinal)));

        refusal.Code.ShouldBe(422);
        refusal.Causes.Single().Field.ShouldContain("properties[spec]");
    }

    [Fact]
    public void A_second_definition_with_the_same_kind_is_not_established()
    {
        api.Create(Crds, Crd());

        var second = api.Create(Crds, Gadgets("Widget"));

        Condition(second, "NamesAccepted").ShouldBe("False");
        Condition(second, "Established").ShouldBe("False");
    }

    [Fact]
    public async Task Deleting_a_definition_deletes_its_objects_first()
    {
        api.Create(Crds, Crd());
        api.Create(Widgets, Widget("""{"mode":"fast"}"""));
        using var stop = new CancellationTokenSource();
        var cleanup = new CrdCleanup(api.Registry, new TestLog<CrdCleanup>(), api.Time).RunAsync(stop.Token);
        await using var events = api.Registry.WatchAsync(Crds, new WatchOptions(), default).GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue(); // the watch begins here: ahead of the deletion

        api.Delete(Crds with { Name = "widgets.bench.example.com" });
        while (events.Current.Type != ObjectEventType.Deleted) (await events.MoveNextAsync()).ShouldBeTrue();
        // Watchers hear of the deletion before the one who made it has taken the kind out of the catalog: its work has to be over.
        await stop.CancelAsync();
        await cleanup;

        Refused(() => api.List(Widgets)).Code.ShouldBe(404);
        api.Store.Current.Count("widgets.bench.example.com").ShouldBe(0);
    }

    [Fact]
    public async Task A_deleted_definition_does_not_wait_for_anothers_objects()
    {
        api.Create(Crds, Crd());
        api.Create(Crds, Gadgets("Gadget"));
        api.Create(Widgets, Widget("""{"mode":"fast"}""").Replace("\"name\":\"w\"", "\"name\":\"w\",\"finalizers\":[\"x.io/held\"]", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var cleanup = new CrdCleanup(api.Registry, new TestLog<CrdCleanup>(), api.Time).RunAsync(stop.Token);
        await using var events = api.Registry.WatchAsync(Crds, new WatchOptions(), default).GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue(); // the watch begins here: ahead of the deletion

        api.Delete(Crds with { Name = "widgets.bench.example.com" });
        api.Delete(Crds with { Name = "gadgets.bench.example.com" });
        while (events.Current.Type != ObjectEventType.Deleted) (await events.MoveNextAsync()).ShouldBeTrue();

        ((string?)Tree(events.Current.Object)["metadata"]!["name"]).ShouldBe("gadgets.bench.example.com");
        await stop.CancelAsync();
        await cleanup;
    }

    [Fact]
    public async Task A_definition_that_waited_for_its_names_has_them_once_they_are_free()
    {
        api.Create(Crds, Crd());
        api.Create(Crds, Gadgets("Widget"));
        using var stop = new CancellationTokenSource();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var cleanup = new CrdCleanup(api.Registry, new TestLog<CrdCleanup>(), api.Time).RunAsync(stop.Token);

        api.Delete(Crds with { Name = "widgets.bench.example.com" });
        while (Condition(api.Get(Crds with { Name = "gadgets.bench.example.com" }), "Established") != "True")
        {
            limit.Token.ThrowIfCancellationRequested();
            api.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await stop.CancelAsync();
        await cleanup;
        api.List(Widgets with { Resource = "gadgets" }).Items.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_watch_ends_when_its_definition_is_another_one_and_shows_nothing_of_that(bool byUpdate)
    {
        var crd = api.Create(Crds, Crd());
        var options = new WatchOptions { ResourceVersion = api.Store.Current.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        await using var events = api.Registry.WatchAsync(Widgets, options, default).GetAsyncEnumerator();
        api.Create(Widgets, Widget("""{"mode":"fast"}"""));
        (await events.MoveNextAsync()).ShouldBeTrue();
        var next = events.MoveNextAsync();

        if (byUpdate)
        {
            crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!["size"]!["default"] = 2;
            api.Update(Crds with { Name = "widgets.bench.example.com" }, crd);
        }
        else
        {
            api.Delete(Widgets with { Name = "w" });
            (await next).ShouldBeTrue();
            events.Current.Type.ShouldBe(ObjectEventType.Deleted);
            next = events.MoveNextAsync();
            api.Delete(Crds with { Name = "widgets.bench.example.com" }).Removed.ShouldBeFalse();
            api.Merge(Crds with { Name = "widgets.bench.example.com" }, """{"metadata":{"finalizers":null}}""");
            api.Create(Crds, Crd());
        }

        api.Create(Widgets, Widget("""{"mode":"slow"}""").Replace("\"w\"", "\"w2\"", StringComparison.Ordinal));
        (await next).ShouldBeFalse();
    }

    [Fact]
    public void An_object_is_made_by_the_definition_that_is_there_when_it_is_committed()
    {
        RegistryHarness raced = null!;
        raced = new RegistryHarness(new OnceBeforeCreate("widgets", () =>
        {
            var crd = raced.Get(Crds with { Name = "widgets.bench.example.com" });
            crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!["size"]!["default"] = 2;
            raced.Update(Crds with { Name = "widgets.bench.example.com" }, crd);
        }));
        raced.Create(Crds, Crd());

        ((long?)raced.Create(Widgets, Widget("""{"mode":"fast"}"""))["spec"]!["size"]).ShouldBe(2);
    }

    [Fact]
    public void No_object_comes_after_its_definition_has_gone()
    {
        RegistryHarness raced = null!;
        raced = new RegistryHarness(new OnceBeforeCreate("widgets", () =>
        {
            raced.Delete(Crds with { Name = "widgets.bench.example.com" });
            raced.Merge(Crds with { Name = "widgets.bench.example.com" }, """{"metadata":{"finalizers":null}}""");
        }));
        raced.Create(Crds, Crd());

        Refused(() => raced.Create(Widgets, Widget("""{"mode":"fast"}"""))).Code.ShouldBe(404);
        raced.Store.Current.Count("widgets.bench.example.com").ShouldBe(0);
    }

    [Fact]
    public async Task A_change_of_a_definition_that_serves_it_as_before_ends_no_watch()
    {
        api.Create(Crds, Crd());
        await using var events = api.Registry.WatchAsync(Widgets, new WatchOptions { SendInitialEvents = true, AllowBookmarks = true }, default).GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue();
        api.Merge(Crds with { Name = "widgets.bench.example.com" }, """{"metadata":{"labels":{"a":"b"}}}""");
        api.Create(Widgets, Widget("""{"mode":"fast"}"""));

        (await events.MoveNextAsync()).ShouldBeTrue();
        events.Current.Type.ShouldBe(ObjectEventType.Added);
    }

    [Fact]
    public async Task The_platforms_own_definitions_are_ensured_once()
    {
        var bundle = new CrdBundle([Utf8(Crd())]);
        await bundle.EnsureAsync(api.Registry, default);
        var before = api.Store.Current.Revision;

        await bundle.EnsureAsync(api.Registry, default);

        api.Store.Current.Revision.ShouldBe(before);
    }

    private static string Gadgets(string kind) => Crd()
        .Replace("widgets", "gadgets", StringComparison.Ordinal)
        .Replace("\"shortNames\":[\"wd\"]", "\"singular\":\"gadget\"", StringComparison.Ordinal)
        .Replace("\"Widget\"", $"\"{kind}\"", StringComparison.Ordinal);

    private static string Widget(string spec) => $$"""{"apiVersion":"bench.example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{{spec}}}""";

    private static string? Condition(JsonObject crd, string type) => (string?)crd["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == type)!["status"];

    private static string Crd(string more = "")
    {
        const string Version = """
            {"name":"v1","served":true,"storage":true,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.size","statusReplicasPath":".status.size"}},
             "schema":{"openAPIV3Schema":{"type":"object","properties":{
               "spec":{"type":"object","properties":{"size":{"type":"integer","minimum":0,"maximum":100,"default":1},"mode":{"type":"string","enum":["fast","slow"]}}},
               "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}
            """;
        var versions = more.Length == 0 ? Version : Version + "," + Version.Replace("\"v1\"", "\"v1beta1\"", StringComparison.Ordinal).Replace("\"storage\":true", "\"storage\":false", StringComparison.Ordinal);
        return $$"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.bench.example.com"},
             "spec":{"group":"bench.example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget","shortNames":["wd"]},"versions":[{{versions}}] } }
            """;
    }
}

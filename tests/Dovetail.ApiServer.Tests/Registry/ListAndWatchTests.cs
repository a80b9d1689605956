using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

public sealed class ListAndWatchTests
{
    private readonly RegistryHarness api = new();

    [Fact]
    public void A_chunked_list_is_stable_at_the_revision_of_its_first_page()
    {
        foreach (var i in Enumerable.Range(0, 5)) Create($"c{i}");
        var first = api.List(ConfigMaps(), new ListOptions { Limit = 2 });
        Create("c1a");
        api.Delete(ConfigMaps("c4"));

        var second = api.List(ConfigMaps(), new ListOptions { Limit = 2, Continue = first.Continue });
        var third = api.List(ConfigMaps(), new ListOptions { Limit = 2, Continue = second.Continue });

        first.RemainingItemCount.ShouldBe(3);
        Names(first, second, third).ShouldBe(["c0", "c1", "c2", "c3", "c4"]);
        third.Continue.ShouldBe("");
        second.Revision.ShouldBe(first.Revision);
    }

    [Fact]
    public async Task A_continue_token_whose_revision_is_gone_is_410_with_a_token_that_goes_on()
    {
        foreach (var i in Enumerable.Range(0, 3)) Create($"c{i}");
        var first = api.List(ConfigMaps(), new ListOptions { Limit = 1 });
        // So many other first pages that the view of this one is not kept in memory any more.
        foreach (var i in Enumerable.Range(0, 10))
        {
            Create($"x{i}");
            api.List(ConfigMaps(), new ListOptions { Limit = 1 });
        }

        await api.Store.CompactAsync(api.Store.Current.Revision, default);
        var refusal = Refused(() => api.List(ConfigMaps(), new ListOptions { Limit = 1, Continue = first.Continue }));

        refusal.Code.ShouldBe(410);
        refusal.Reason.ShouldBe("Expired");
        Names(api.List(ConfigMaps(), new ListOptions { Limit = 1, Continue = refusal.Continue })).ShouldBe(["c1"]);
    }

    [Theory]
    [InlineData("app=a", "", "one")]
    [InlineData("app in (a,b),tier", "", "two")]
    [InlineData("!app", "", "three")]
    [InlineData("", "metadata.name=two", "two")]
    [InlineData("", "metadata.name!=two,metadata.name!=one", "three")]
    public void Selectors_select(string labels, string fields, string expected)
    {
        api.Create(ConfigMaps(), """{"metadata":{"name":"one","labels":{"app":"a"}}}""");
        api.Create(ConfigMaps(), """{"metadata":{"name":"two","labels":{"app":"b","tier":"t"}}}""");
        api.Create(ConfigMaps(), """{"metadata":{"name":"three"}}""");

        Names(api.List(ConfigMaps(), new ListOptions { LabelSelector = labels, FieldSelector = fields })).ShouldBe([expected]);
    }

    [Fact]
    public void A_field_that_cannot_be_selected_by_is_refused_by_name() =>
        Refused(() => api.List(ConfigMaps(), new ListOptions { FieldSelector = "data.k=v" })).Message.ShouldBe("\"data.k\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");

    [Fact]
    public void A_revision_of_the_future_is_refused() =>
        Refused(() => api.List(ConfigMaps(), new ListOptions { ResourceVersion = "1000" })).Causes.Single().Reason.ShouldBe("ResourceVersionTooLarge");

    [Fact]
    public async Task A_watch_shows_what_enters_and_leaves_its_selection()
    {
        Create("before");
        await using var events = api.Registry.WatchAsync(ConfigMaps(), new WatchOptions { LabelSelector = "app=a", ResourceVersion = Revision() }, default).GetAsyncEnumerator();
        Create("other");
        api.Create(ConfigMaps(), """{"metadata":{"name":"x","labels":{"app":"a"}}}""");
        api.Merge(ConfigMaps("x"), """{"data":{"k":"v"}}""");
        api.Merge(ConfigMaps("x"), """{"metadata":{"labels":{"app":"b"}}}""");

        (await Next(events)).Type.ShouldBe(ObjectEventType.Added);
        (await Next(events)).Type.ShouldBe(ObjectEventType.Modified);
        var left = await Next(events);
        left.Type.ShouldBe(ObjectEventType.Deleted);
        ((string?)Tree(left.Object)["metadata"]!["labels"]!["app"]).ShouldBe("a");
        ((string?)Tree(left.Object)["metadata"]!["resourceVersion"]).ShouldBe(Revision());
    }

    [Fact]
    public async Task A_streaming_list_ends_with_a_bookmark_and_goes_on()
    {
        Create("a");
        await using var events = api.Registry.WatchAsync(ConfigMaps(), new WatchOptions { SendInitialEvents = true, AllowBookmarks = true }, default).GetAsyncEnumerator();

        (await Next(events)).Type.ShouldBe(ObjectEventType.Added);
        (await Next(events)).InitialEventsEnd.ShouldBeTrue();
        Create("b");
        (await Next(events)).Type.ShouldBe(ObjectEventType.Added);
    }

    [Fact]
    public async Task An_idle_watch_sends_bookmarks_and_ends_after_its_time()
    {
        var options = new WatchOptions { AllowBookmarks = true, ResourceVersion = Revision(), Timeout = TimeSpan.FromSeconds(90) };
        await using var events = api.Registry.WatchAsync(ConfigMaps(), options, default).GetAsyncEnumerator();
        var step = events.MoveNextAsync().AsTask();
        api.Time.Advance(TimeSpan.FromSeconds(60));
        (await step).ShouldBeTrue();
        events.Current.Type.ShouldBe(ObjectEventType.Bookmark);

        step = events.MoveNextAsync().AsTask();
        api.Time.Advance(TimeSpan.FromSeconds(30));
        (await step).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_is_set_neither_ends_a_watch_nor_holds_its_bookmarks_back(int hours)
    {
        var options = new WatchOptions { AllowBookmarks = true, ResourceVersion = Revision(), Timeout = TimeSpan.FromSeconds(90) };
        await using var events = api.Registry.WatchAsync(ConfigMaps(), options, default).GetAsyncEnumerator();
        var step = events.MoveNextAsync().AsTask();
        api.Clock.Error = TimeSpan.FromHours(hours);
        Create("now");
        (await step).ShouldBeTrue();
        events.Current.Type.ShouldBe(ObjectEventType.Added);

        step = events.MoveNextAsync().AsTask();
        api.Time.Advance(TimeSpan.FromSeconds(60));
        (await step).ShouldBeTrue();
        events.Current.Type.ShouldBe(ObjectEventType.Bookmark);
        step = events.MoveNextAsync().AsTask();
        api.Time.Advance(TimeSpan.FromSeconds(30));
        (await step).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void After_the_clock_is_set_a_continue_token_goes_on_or_says_how_to(int hours)
    {
        foreach (var i in Enumerable.Range(0, 3)) Create($"c{i}");
        var next = api.List(ConfigMaps(), new ListOptions { Limit = 1 }).Continue;
        api.Clock.Error = TimeSpan.FromHours(hours);
        if (hours > 0) next = Refused(() => api.List(ConfigMaps(), new ListOptions { Limit = 1, Continue = next })).Continue;

        Names(api.List(ConfigMaps(), new ListOptions { Limit = 1, Continue = next })).ShouldBe(["c1"]);
    }

    [Fact]
    public async Task A_watch_from_a_compacted_revision_is_410()
    {
        foreach (var i in Enumerable.Range(0, 3)) Create($"c{i}");
        await api.Store.CompactAsync(api.Store.Current.Revision, default);
        await using var events = api.Registry.WatchAsync(ConfigMaps(), new WatchOptions { ResourceVersion = "1" }, default).GetAsyncEnumerator();

        (await Should.ThrowAsync<StatusException>(async () => await events.MoveNextAsync())).Status.Reason.ShouldBe("Expired");
    }

    private static async Task<ObjectEvent> Next(IAsyncEnumerator<ObjectEvent> events)
    {
        (await events.MoveNextAsync()).ShouldBeTrue();
        return events.Current;
    }

    private static string[] Names(params ObjectListing[] pages) => [.. pages.SelectMany(p => p.Items).Select(i => (string)Tree(i)["metadata"]!["name"]!)];

    private string Revision() => api.Store.Current.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private JsonObject Create(string name) => api.Create(ConfigMaps(), $$"""{"metadata":{"name":"{{name}}"} }""");
}

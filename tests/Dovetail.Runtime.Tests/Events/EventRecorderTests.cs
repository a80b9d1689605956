using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Events;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Runtime.Tests.Events;

public sealed class EventRecorderTests : IAsyncLifetime
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly SkewedTime clock;
    private readonly CutApi line;
    private readonly EmbeddedKubeApi api;
    private readonly EventRecorder recorder;

    public EventRecorderTests()
    {
        clock = new SkewedTime(time);
        line = new CutApi(new ObjectRegistry(new ObjectRegistryOptions { Store = new MemoryRevisionStore(), Time = clock }));
        api = new EmbeddedKubeApi(line, UserInfo.Component("test"), new ParsedRevisions());
        recorder = new EventRecorder(api, "test-controller", "", clock, NullLogger.Instance);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach (var name in new[] { "default", "demo" }) await api.CreateAsync(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, Ct);
    }

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_repeat_raises_the_count_and_the_last_time_of_the_event_there_is()
    {
        for (var i = 0; i < 3; i++)
        {
            await RecordAsync("a", "BackOff", "again");
            time.Advance(TimeSpan.FromSeconds(10));
        }

        var told = (await EventsAsync()).ShouldHaveSingleItem();
        told.Count.ShouldBe(3);
        told.FirstTimestamp.ShouldBe(new DateTime(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc));
        told.LastTimestamp.ShouldBe(new DateTime(2026, 11, 23, 12, 0, 20, DateTimeKind.Utc));
        told.InvolvedObject.Name.ShouldBe("a");
        told.Source.Component.ShouldBe("test-controller");
    }

    [Fact]
    public async Task Other_words_another_reason_and_another_object_are_events_of_their_own()
    {
        await RecordAsync("a", "BackOff", "one");
        await RecordAsync("a", "BackOff", "two");
        await RecordAsync("a", "Failed", "one");
        await RecordAsync("b", "BackOff", "one");
        (await EventsAsync()).Select(told => told.Count).ShouldBe([1, 1, 1, 1]);
    }

    [Fact]
    public async Task An_object_that_never_stops_talking_is_heard_25_times_and_then_every_five_minutes()
    {
        for (var i = 0; i < 60; i++) await RecordAsync("a", "Noise", $"message {i}");
        (await EventsAsync()).Count.ShouldBe(25);

        await RecordAsync("b", "Noise", "another object is not concerned");
        (await EventsAsync()).Count.ShouldBe(26);

        time.Advance(TimeSpan.FromMinutes(5));
        for (var i = 60; i < 70; i++) await RecordAsync("a", "Noise", $"message {i}");
        (await EventsAsync()).Count.ShouldBe(27);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_silences_nobody()
    {
        await RecordAsync("a", "Started", "before");
        clock.Error = TimeSpan.FromDays(-1);
        await RecordAsync("a", "Started", "after");
        (await EventsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_event_that_has_expired_is_told_anew()
    {
        await RecordAsync("a", "BackOff", "again");
        var told = (await EventsAsync()).ShouldHaveSingleItem();
        await api.DeleteAsync(BuiltInTypes.Events, "demo", told.Metadata.Name, new DeleteOptions(), Ct);
        await RecordAsync("a", "BackOff", "again");
        var anew = (await EventsAsync()).ShouldHaveSingleItem();
        anew.Count.ShouldBe(1);
        anew.Metadata.Name.ShouldNotBe(told.Metadata.Name);
    }

    [Fact]
    public async Task An_API_that_is_away_costs_the_event_and_nothing_else()
    {
        line.IsCut = true;
        await RecordAsync("a", "Started", "nobody hears this");
        line.IsCut = false;
        (await EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_of_objects_without_a_namespace_are_in_default()
    {
        var node = new V1Node { Metadata = new V1ObjectMeta { Name = "node-1", Uid = "u" } };
        await recorder.RecordAsync(BuiltInTypes.Nodes, node, EventKind.Warning, "NodeNotReady", "silent", Ct);
        var told = (await api.ListAsync(BuiltInTypes.Events, "default", new ListOptions(), Ct)).Items.ShouldHaveSingleItem();
        told.Type.ShouldBe("Warning");
        told.InvolvedObject.Kind.ShouldBe("Node");
    }

    private async Task<IReadOnlyList<Corev1Event>> EventsAsync() => (await api.ListAsync(BuiltInTypes.Events, "demo", new ListOptions(), Ct)).Items;

    private Task RecordAsync(string pod, string reason, string message) =>
        recorder.RecordAsync(BuiltInTypes.Pods, new V1Pod { Metadata = new V1ObjectMeta { NamespaceProperty = "demo", Name = pod, Uid = $"uid-{pod}" } }, EventKind.Normal, reason, message, Ct);
}

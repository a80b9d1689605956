using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Runtime.Tests.Caches;

public sealed class InformerTests : IAsyncDisposable
{
    private readonly ScriptedKubeApi api = new();
    private readonly FakeTimeProvider time = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Informer<V1Pod> pods;
    private readonly List<string> changes = [];
    private Task running = Task.CompletedTask;

    public InformerTests()
    {
        pods = new Informer<V1Pod>(api, BuiltInTypes.Pods, new InformerOptions(), time, new Random(1), NullLogger.Instance);
        pods.Subscribe(change => changes.Add($"{change.Name} {change.Old?.Metadata.ResourceVersion ?? "-"}>{change.New?.Metadata.ResourceVersion ?? "-"}"));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    [Fact]
    public async Task It_has_synced_after_its_first_list_and_follows_from_that_revision()
    {
        api.OnList = () => new("5", [Pod("a", "3"), Pod("b", "5")]);
        pods.HasSynced.ShouldBeFalse();
        Start();
        await pods.WaitForSyncAsync(Ct);
        pods.List().Select(pod => pod.Metadata.Name).ShouldBe(["a", "b"]);
        await api.NextWatchAsync();
        api.WatchedFrom.ShouldBe(["5"]);
    }

    [Fact]
    public async Task A_watch_that_ends_is_resumed_where_it_stopped_without_a_new_list()
    {
        Start();
        var watch = await api.NextWatchAsync();
        watch.TryWrite(Changed(ObjectEventType.Added, Pod("a", "7")));
        watch.TryWrite(new KubeEvent<V1Pod>(ObjectEventType.Bookmark, null, "9"));
        await pods.WaitForRevisionAsync("9", Ct);
        time.Advance(TimeSpan.FromMinutes(5)); // a watch that ends at once would be asked for again only after a pause
        watch.Complete();
        await api.NextWatchAsync();
        api.WatchedFrom.ShouldBe(["1", "9"]);
        api.Lists.ShouldBe(1);
    }

    [Fact]
    public async Task A_compacted_revision_makes_it_list_again_and_tell_only_the_difference()
    {
        api.OnList = () => new("5", [Pod("a", "3"), Pod("b", "4"), Pod("c", "5")]);
        Start();
        var watch = await api.NextWatchAsync();
        changes.Clear();
        api.OnList = () => new("9", [Pod("a", "3"), Pod("b", "8")]);
        watch.Complete(ScriptedKubeApi.Expired());
        await pods.WaitForRevisionAsync("9", Ct);
        changes.ShouldBe(["ns/b 4>8", "ns/c 5>-"]);
    }

    [Fact]
    public async Task An_event_that_comes_twice_or_late_changes_nothing()
    {
        Start();
        var watch = await api.NextWatchAsync();
        watch.TryWrite(Changed(ObjectEventType.Added, Pod("a", "7")));
        watch.TryWrite(Changed(ObjectEventType.Deleted, Pod("a", "8")));
        watch.TryWrite(Changed(ObjectEventType.Added, Pod("a", "7")));
        watch.TryWrite(new KubeEvent<V1Pod>(ObjectEventType.Bookmark, null, "9"));
        await pods.WaitForRevisionAsync("9", Ct);
        changes.ShouldBe(["ns/a ->7", "ns/a 7>-"]);
        pods.Find("ns", "a").ShouldBeNull();
    }

    [Fact]
    public async Task Waiting_for_a_write_s_revision_ends_when_the_cache_shows_it()
    {
        Start();
        var watch = await api.NextWatchAsync();
        var seen = pods.WaitForRevisionAsync("7", Ct);
        watch.TryWrite(Changed(ObjectEventType.Added, Pod("a", "6")));
        await pods.WaitForRevisionAsync("6", Ct);
        seen.IsCompleted.ShouldBeFalse();
        watch.TryWrite(Changed(ObjectEventType.Modified, Pod("a", "7")));
        await seen;
        pods.Find("ns", "a")!.Metadata.ResourceVersion.ShouldBe("7");
    }

    [Fact]
    public async Task Objects_are_found_by_their_owner_and_forgotten_when_they_change_owners()
    {
        Start();
        var watch = await api.NextWatchAsync();
        watch.TryWrite(Changed(ObjectEventType.Added, Pod("a", "6", "owner-1")));
        watch.TryWrite(Changed(ObjectEventType.Added, Pod("b", "7", "owner-1")));
        watch.TryWrite(Changed(ObjectEventType.Modified, Pod("b", "8", "owner-2")));
        await pods.WaitForRevisionAsync("8", Ct);
        pods.OwnedBy("owner-1").Select(pod => pod.Metadata.Name).ShouldBe(["a"]);
        pods.OwnedBy("owner-2").Select(pod => pod.Metadata.Name).ShouldBe(["b"]);
        pods.FindByUid("uid-a").ShouldNotBeNull();
    }

    [Fact]
    public async Task While_the_API_is_away_it_keeps_what_it_has_and_tries_again_with_back_off()
    {
        api.OnList = () => new("5", [Pod("a", "3")]);
        Start();
        var watch = await api.NextWatchAsync();
        watch.Complete(new HttpRequestException("connection refused"));
        pods.Find("ns", "a").ShouldNotBeNull();
        var again = api.NextWatchAsync();
        while (!again.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        (await again).TryWrite(Changed(ObjectEventType.Modified, Pod("a", "6")));
        await pods.WaitForRevisionAsync("6", Ct);
        api.Lists.ShouldBe(1);
    }

    private void Start() => running = pods.RunAsync(stop.Token);

    private static object Changed(ObjectEventType type, V1Pod pod) => new KubeEvent<V1Pod>(type, pod, pod.Metadata.ResourceVersion);

    private static V1Pod Pod(string name, string revision, params string[] owners) => new()
    {
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = "ns",
            Name = name,
            Uid = $"uid-{name}",
            ResourceVersion = revision,
            OwnerReferences = [.. owners.Select(uid => new V1OwnerReference { ApiVersion = "v1", Kind = "Pod", Name = uid, Uid = uid })],
        },
    };
}

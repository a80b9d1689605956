using static Dovetail.Store.Tests.Writes;

namespace Dovetail.Store.Tests;

/// <summary>What every store does; each implementation inherits it.</summary>
public abstract class RevisionStoreContract : IAsyncLifetime
{
    private protected IRevisionStore Store { get; private set; } = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected abstract IRevisionStore Open();

    public ValueTask InitializeAsync()
    {
        Store = Open();
        return default;
    }

    public virtual async ValueTask DisposeAsync() => await Store.DisposeAsync();

    [Fact]
    public async Task A_created_object_is_visible_at_its_revision_with_the_bytes_rendered_for_it()
    {
        var a = await Store.CommitAsync(Create(Pod("a"), "x"));

        a.Revision.ShouldBe(1);
        a.CreateRevision.ShouldBe(1);
        a.Text().ShouldBe("1:x");
        Store.Current.Revision.ShouldBe(1);
        Store.Current.Find(Pod("a")).ShouldBeSameAs(a);
    }

    [Fact]
    public async Task A_write_whose_precondition_fails_conflicts_with_what_is_there_and_takes_no_revision()
    {
        var a = await Store.CommitAsync(Create(Pod("a")));

        (await Store.WriteAsync(Create(Pod("a")), Ct)).ShouldBe(new WriteOutcome.Conflict(a));
        (await Store.WriteAsync(Update(a with { Revision = 7 }), Ct)).ShouldBe(new WriteOutcome.Conflict(a));
        (await Store.WriteAsync(Delete(a with { Key = Pod("b") }), Ct)).ShouldBe(new WriteOutcome.Conflict(null));
        Store.Current.Revision.ShouldBe(1);
    }

    [Fact]
    public async Task A_write_that_depends_on_another_object_is_not_made_once_that_has_changed()
    {
        var a = await Store.CommitAsync(Create(Pod("a")));
        var guarded = (StoreWrite.Put)Create(Pod("b"));
        await Store.CommitAsync(guarded with { Guards = [new(a.Key, a.Revision)] });
        var changed = await Store.CommitAsync(Update(a));

        (await Store.WriteAsync((StoreWrite.Put)Create(Pod("c")) with { Guards = [new(a.Key, a.Revision)] }, Ct)).ShouldBe(new WriteOutcome.Overtaken(a.Key));
        await Store.CommitAsync(Delete(changed));
        (await Store.WriteAsync((StoreWrite.Put)Create(Pod("c")) with { Guards = [new(a.Key, changed.Revision)] }, Ct)).ShouldBe(new WriteOutcome.Overtaken(a.Key));
        Store.Current.Find(Pod("c")).ShouldBeNull();
        Store.Current.Revision.ShouldBe(4);
    }

    [Fact]
    public async Task A_renderer_that_throws_fails_its_own_write_only()
    {
        var bad = new StoreWrite.Put(Pod("a"), Precondition.Absent, 1, _ => throw new InvalidDataException());

        await Should.ThrowAsync<InvalidDataException>(async () => await Store.WriteAsync(bad, Ct));
        (await Store.CommitAsync(Create(Pod("a")))).Revision.ShouldBe(1);
    }

    [Fact]
    public async Task A_deletion_has_a_revision_of_its_own_and_a_new_object_of_that_name_a_new_create_revision()
    {
        var a = await Store.CommitAsync(Create(Pod("a")));
        var gone = await Store.CommitAsync(Delete(a));
        gone.Revision.ShouldBe(2);
        gone.Text().ShouldBe("2:gone");
        Store.Current.Find(Pod("a")).ShouldBeNull();

        (await Store.CommitAsync(Create(Pod("a")))).CreateRevision.ShouldBe(3);
    }

    [Fact]
    public async Task Lists_are_ordered_by_namespace_then_name_and_start_after_any_key()
    {
        foreach (var key in new[] { Pod("b", "y"), Pod("a", "x"), Pod("c", "x"), Pod("b", "x"), new("nodes", "", "n") }) await Store.CommitAsync(Create(key));
        string List(string? ns, (string, string)? after = null) => string.Join(' ', Store.Current.List("pods", ns, after).Select(o => $"{o.Key.Namespace}/{o.Key.Name}"));

        List(null).ShouldBe("x/a x/b x/c y/b");
        List("x").ShouldBe("x/a x/b x/c");
        List(null, ("x", "b")).ShouldBe("x/c y/b");
        List("x", ("x", "aa")).ShouldBe("x/b x/c");
        List("y", ("x", "a")).ShouldBe("y/b");
        List("w").ShouldBe("");
        List("x", ("x", "c")).ShouldBe("");
        Store.Current.Count("pods").ShouldBe(4);
        Store.Current.Count("pods", "x").ShouldBe(3);
        Store.Current.Count("pods", "w").ShouldBe(0);
        Store.Current.Count("jobs").ShouldBe(0);
    }

    [Fact]
    public async Task A_snapshot_stays_as_it_was()
    {
        var a = await Store.CommitAsync(Create(Pod("a")));
        var before = Store.Current;
        await Store.CommitAsync(Delete(a));
        await Store.CommitAsync(Create(Pod("b")));

        before.Revision.ShouldBe(1);
        before.List("pods").ShouldBe([a]);
    }

    [Fact]
    public async Task A_watch_gives_past_events_and_then_new_ones_with_what_they_replaced()
    {
        var a1 = await Store.CommitAsync(Create(Pod("a")));
        await Store.CommitAsync(Create(new("nodes", "", "n")));
        await using var watch = Store.WatchAsync("pods", 0, Ct).GetAsyncEnumerator(Ct);
        (await NextAsync(watch)).Show().ShouldBe(new StoreEvent(StoreEventKind.Created, a1, null).Show());

        var next = NextAsync(watch);
        var a3 = await Store.CommitAsync(Update(a1));
        (await next).Show().ShouldBe(new StoreEvent(StoreEventKind.Updated, a3, a1).Show());

        next = NextAsync(watch);
        var a4 = await Store.CommitAsync(Delete(a3));
        (await next).Show().ShouldBe(new StoreEvent(StoreEventKind.Deleted, a4, a3).Show());
    }

    [Fact]
    public async Task A_watch_that_saw_only_other_resources_tells_how_far_it_got()
    {
        await Store.CommitAsync(Create(Pod("a")));
        await Store.CommitAsync(Create(Pod("b")));

        await using var watch = Store.WatchAsync("nodes", 0, Ct).GetAsyncEnumerator(Ct);
        (await watch.MoveNextAsync()).ShouldBeTrue();
        watch.Current.Events.ShouldBeEmpty();
        watch.Current.Revision.ShouldBe(2);
    }

    [Fact]
    public async Task A_watch_that_is_woken_tells_how_far_it_is_and_goes_on()
    {
        var watch = Store.Watch("nodes", 0);
        watch.TryRead(out _).ShouldBeFalse();
        var waiting = watch.WaitAsync().AsTask();
        await Store.CommitAsync(Create(Pod("a")));
        await Store.CommitAsync(Create(Pod("b")));
        waiting.IsCompleted.ShouldBeFalse(); // nothing of its own has happened

        watch.Wake();
        await waiting;
        watch.TryRead(out var told).ShouldBeTrue();
        (told.Events.Length, told.Revision).ShouldBe((0, 2));
        watch.TryRead(out _).ShouldBeFalse();

        watch.Wake(); // while it does not wait
        await watch.WaitAsync();
        watch.TryRead(out told).ShouldBeTrue();
        (told.Events.Length, told.Revision).ShouldBe((0, 2));
        watch.TryRead(out _).ShouldBeFalse();

        waiting = watch.WaitAsync().AsTask();
        await Store.CommitAsync(Create(new("nodes", "", "n")));
        await waiting;
        watch.TryRead(out told).ShouldBeTrue();
        told.Events.Single().Revision.ShouldBe(3);
    }

    [Fact]
    public async Task Whoever_slept_through_more_than_the_log_holds_misses_nothing_and_is_not_told_that_it_did()
    {
        await using var watch = Store.WatchAsync("nodes", 0, Ct).GetAsyncEnumerator(Ct);
        var next = watch.MoveNextAsync();
        var pod = await Store.CommitAsync(Create(Pod("a")));
        for (var i = 0; i < 50; i++) pod = await Store.CommitAsync(Update(pod));
        await Store.CompactAsync(pod.Revision, Ct);

        var node = await Store.CommitAsync(Create(new("nodes", "", "n")));

        (await next).ShouldBeTrue();
        watch.Current.Events.Single().Object.Show().ShouldBe(node.Show());
    }

    [Fact]
    public async Task Watches_that_are_woken_all_the_time_see_every_event_once()
    {
        const int Commits = 300;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var watches = Enumerable.Range(0, 4).Select(_ => Store.Watch("pods", 0)).ToArray();
        var seen = watches.Select(watch => Task.Run(
            async () =>
            {
                var revisions = new List<long>();
                await foreach (var batch in watch.ReadAllAsync(Ct))
                {
                    revisions.AddRange(batch.Events.Select(e => e.Revision));
                    if (batch.Revision >= Commits && revisions.Count >= Commits) break;
                }

                return revisions;
            },
            Ct)).ToArray();
        var waker = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var watch in watches) watch.Wake();
            }
        });
        var pod = await Store.CommitAsync(Create(Pod("a")));
        for (var i = 1; i < Commits; i++) pod = await Store.CommitAsync(Update(pod));

        foreach (var revisions in await Task.WhenAll(seen)) revisions.ShouldBe(Enumerable.Range(1, Commits).Select(i => (long)i));
        await stop.CancelAsync();
        await waker;
    }

    [Fact]
    public async Task A_cancelled_watch_ends_with_the_cancellation()
    {
        using var stop = new CancellationTokenSource();
        await using var watch = Store.WatchAsync(null, 0, stop.Token).GetAsyncEnumerator(Ct);
        var next = watch.MoveNextAsync();
        next.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task The_past_can_be_read_as_it_was()
    {
        var a1 = await Store.CommitAsync(Create(Pod("a")));
        var b2 = await Store.CommitAsync(Create(Pod("b")));
        var a3 = await Store.CommitAsync(Update(a1));
        await Store.CommitAsync(Delete(a3));

        (await Store.FindAtAsync(Pod("a"), 2, Ct)).Show().ShouldBe(a1.Show());
        (await Store.FindAtAsync(Pod("a"), 3, Ct)).Show().ShouldBe(a3.Show());
        (await Store.FindAtAsync(Pod("a"), 4, Ct)).ShouldBeNull();
        (await Store.FindAtAsync(Pod("b"), 1, Ct)).ShouldBeNull();
        var at3 = await Store.SnapshotAtAsync("pods", 3, Ct);
        at3.Revision.ShouldBe(3);
        at3.List("pods").Show().ShouldBe(new[] { a3, b2 }.Show());
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await Store.FindAtAsync(Pod("a"), 5, Ct));
    }

    [Fact]
    public async Task Compaction_refuses_what_came_before_it_and_keeps_the_rest()
    {
        var a1 = await Store.CommitAsync(Create(Pod("a")));
        var a2 = await Store.CommitAsync(Update(a1));
        var a3 = await Store.CommitAsync(Update(a2));
        await Store.CompactAsync(2, Ct);

        Store.CompactedRevision.ShouldBe(2);
        (await Should.ThrowAsync<RevisionCompactedException>(async () => await Store.FindAtAsync(Pod("a"), 1, Ct))).Compacted.ShouldBe(2);
        await Should.ThrowAsync<RevisionCompactedException>(async () => await Store.SnapshotAtAsync("pods", 1, Ct));
        await Should.ThrowAsync<RevisionCompactedException>(async () => await Store.EventsThroughAsync("pods", 1, 3));
        (await Store.FindAtAsync(Pod("a"), 2, Ct)).Show().ShouldBe(a2.Show());
        (await Store.EventsThroughAsync("pods", 2, 3)).Show().ShouldBe(new StoreEvent(StoreEventKind.Updated, a3, a2).Show());
        Store.Current.Find(Pod("a")).ShouldBe(a3);
    }

    [Fact]
    public async Task After_compacting_everything_a_watch_from_the_newest_revision_goes_on()
    {
        var a = await Store.CommitAsync(Create(Pod("a")));
        await Store.CompactAsync(1, Ct);
        await Store.CommitAsync(Delete(a));

        (await Store.EventsThroughAsync("pods", 1, 2)).Single().Kind.ShouldBe(StoreEventKind.Deleted);
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await Store.CompactAsync(3, Ct));
    }

    [Fact]
    public async Task A_watcher_that_was_overtaken_by_compaction_is_told_so()
    {
        var last = await Store.CommitAsync(Create(Pod("a")));
        await using var watch = Store.WatchAsync("pods", 0, Ct).GetAsyncEnumerator(Ct);
        await NextAsync(watch);
        for (var i = 0; i < 5; i++) last = await Store.CommitAsync(Update(last));
        await Store.CompactAsync(last.Revision, Ct);

        await Should.ThrowAsync<RevisionCompactedException>(async () => await NextAsync(watch));
    }

    [Fact]
    public async Task Concurrent_writers_get_one_order_and_every_watcher_sees_exactly_it()
    {
        const int Writers = 8, Each = 50;
        var watchers = Enumerable.Range(0, 4).Select(_ => Store.EventsThroughAsync(null, 0, Writers * Each)).ToList();
        var counter = Pod("counter");
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < Each;)
            {
                var old = Store.Current.Find(counter);
                if (await Store.WriteAsync(old is null ? Create(counter) : Update(old), Ct) is WriteOutcome.Committed) done++;
            }
        }, Ct)));

        foreach (var events in await Task.WhenAll(watchers))
        {
            events.Select(e => e.Revision).ShouldBe(Enumerable.Range(1, Writers * Each).Select(i => (long)i));
            events.Zip(events.Skip(1)).ShouldAllBe(p => p.Second.Previous.Show() == p.First.Object.Show());
        }
    }

    private static async Task<StoreEvent[]> NextAsync(IAsyncEnumerator<EventBatch> watch)
    {
        do (await watch.MoveNextAsync()).ShouldBeTrue();
        while (watch.Current.Events.IsEmpty);
        return [.. watch.Current.Events];
    }

    [Fact]
    public async Task Nothing_of_a_purged_object_is_found_in_the_past()
    {
        var made = await Store.CommitAsync(Create(Pod("secret"), "first"));
        var changed = await Store.CommitAsync(Update(made, "second"));
        await Store.CommitAsync(Delete(changed, purge: true));
        var anew = await Store.CommitAsync(Create(Pod("secret"), "third"));
        await Store.CommitAsync(Update(anew, "fourth"));
        foreach (var revision in new[] { 1L, 2L, 3L })
        {
            (await Store.FindAtAsync(Pod("secret"), revision, TestContext.Current.CancellationToken)).ShouldBeNull();
            (await Store.SnapshotAtAsync("pods", revision, TestContext.Current.CancellationToken)).List("pods").ShouldBeEmpty();
        }

        (await Store.FindAtAsync(Pod("secret"), 4, TestContext.Current.CancellationToken))!.Text().ShouldBe("4:third");
    }
}

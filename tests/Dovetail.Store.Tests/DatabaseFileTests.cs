using System.Diagnostics;
using System.Text;
using Dovetail.Store.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using static Dovetail.Store.Tests.Writes;

namespace Dovetail.Store.Tests;

/// <summary>The file itself: reopening, ownership, formats, retention, purging.</summary>
public sealed class DatabaseFileTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Path => _folder.File("db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_is_there_after_reopening_and_watches_resume()
    {
        List<StoreEvent> before;
        await using (var store = Open())
        {
            var a = await store.CommitAsync(Create(Pod("a")));
            await store.CommitAsync(Create(Pod("b")));
            await store.CommitAsync(Update(a));
            await store.CommitAsync(Delete((await store.FindAtAsync(Pod("b"), 3, Ct))!));
            before = await store.EventsThroughAsync(null, 0, 4);
        }

        await using var again = Open();
        again.Current.Revision.ShouldBe(4);
        again.Current.List("pods").Select(o => o.Text()).ShouldBe(["3:"]);
        (await again.EventsThroughAsync(null, 0, 4)).Show().ShouldBe(before.Show());
        (await again.CommitAsync(Create(Pod("c")))).Revision.ShouldBe(5);
    }

    [Fact]
    public async Task The_states_of_an_object_are_told_newest_first_through_deletion_and_creation_anew()
    {
        await using var store = Open();
        var first = await store.CommitAsync(Create(Pod("a"), "one"));
        await store.CommitAsync(Create(Pod("b")));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await store.CommitAsync(Delete(await store.CommitAsync(Update(first, "two"))));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await store.CommitAsync(Create(Pod("a"), "new"));
        var states = await store.StatesAsync(Pod("a"), 100, Ct);
        states.Select(s => $"{s.Kind} {s.Object.Text()} {s.Time:HH:mm}").ShouldBe(["Created 5:new 00:02", "Deleted 4:gone 00:01", "Updated 3:two 00:01", "Created 1:one 00:00"]);
        (await store.StatesAsync(Pod("a"), 2, Ct)).Length.ShouldBe(2);
        (await store.StatesAsync(Pod("nobody"), 100, Ct)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 1)]
    [InlineData(30, 1)]
    [InlineData(60, 2)]
    [InlineData(1000, 3)]
    public async Task A_time_names_the_newest_revision_that_was_there_then(int seconds, long revision)
    {
        var start = _clock.GetUtcNow();
        await using var store = Open();
        foreach (var name in new[] { "a", "b", "c" })
        {
            await store.CommitAsync(Create(Pod(name)));
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        (await store.RevisionAtAsync(start.AddSeconds(seconds), Ct)).ShouldBe(revision);
    }

    [Fact]
    public async Task A_copy_that_is_made_under_load_is_whole_and_consistent()
    {
        await using var store = Open();
        using var stop = new CancellationTokenSource();
        var load = LoadAsync(store, stop.Token);
        for (var copy = 0; copy < 5; copy++)
        {
            var path = _folder.File($"copy{copy}");
            var revision = StoreBackup.Copy(Path, path);
            await using var opened = SqliteRevisionStore.Open(new() { Path = path }, _clock);
            opened.Current.Revision.ShouldBe(revision);
            // Each object says in its bytes at which revision it was written, and the one written last is there.
            opened.Current.List("pods").ShouldAllBe(o => o.Text().StartsWith($"{o.Revision}:"));
            if (revision > 0) (await opened.EventsThroughAsync(null, 0, revision)).Select(e => e.Revision).ShouldBe(Enumerable.Range(1, (int)revision).Select(r => (long)r));
        }

        await stop.CancelAsync();
        await load;
    }

    [Fact]
    public void A_damaged_copy_is_refused()
    {
        File.WriteAllText(_folder.File("text"), "no database");
        Should.Throw<InvalidDataException>(() => StoreBackup.Verify(_folder.File("text")));
    }

    private static async Task LoadAsync(SqliteRevisionStore store, CancellationToken ct)
    {
        for (var i = 0; !ct.IsCancellationRequested; i++) await store.CommitAsync(Create(Pod($"p{i}"), new string('x', 200)));
    }

    [Fact]
    public async Task A_revision_is_never_used_twice_even_when_the_newest_row_was_compacted_away()
    {
        await using (var store = Open())
        {
            await store.CommitAsync(Delete(await store.CommitAsync(Create(Pod("a")))));
            await store.CompactAsync(2, Ct);
        }

        Scalar("SELECT count(*) FROM history").ShouldBe(0);
        await using var again = Open();
        again.CompactedRevision.ShouldBe(2);
        (await again.CommitAsync(Create(Pod("b")))).Revision.ShouldBe(3);
    }

    [Fact]
    public async Task Compaction_leaves_the_rows_that_later_reads_need_and_no_others()
    {
        await using (var store = Open())
        {
            var a = await store.CommitAsync(Create(Pod("a")));
            await store.CommitAsync(Create(Pod("kept")));
            for (var i = 0; i < 1200; i++) a = await store.CommitAsync(Update(a));
            await store.CommitAsync(Delete(await store.CommitAsync(Create(Pod("gone")))));
            await store.CompactAsync(600, Ct);
            await store.CompactAsync(store.Current.Revision, Ct);
        }

        Scalar("SELECT count(*) FROM history").ShouldBe(2);
        Scalar("SELECT count(*) FROM current").ShouldBe(2);
    }

    [Fact]
    public async Task Closing_ends_a_compaction_that_the_next_start_finishes()
    {
        var store = Open();
        await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => store.CommitAsync(Create(Pod($"p{i}")))));
        foreach (var group in store.Current.List("pods").Chunk(1000)) await Task.WhenAll(group.Select(o => store.CommitAsync(Delete(o))));
        var compaction = store.CompactAsync(6000, Ct).AsTask();
        await store.DisposeAsync();
        await compaction.ContinueWith(_ => { }, Ct, TaskContinuationOptions.None, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(10), Ct);
        (compaction.IsCompletedSuccessfully || compaction.Exception!.InnerException is ObjectDisposedException).ShouldBeTrue();

        await using (var again = Open())
        {
            if (!compaction.IsCompletedSuccessfully) again.CompactedRevision.ShouldBe(6000);
            await again.CompactAsync(6000, Ct);
        }

        Scalar("SELECT count(*) FROM history").ShouldBe(0);
    }

    [Fact]
    public async Task A_purged_object_leaves_none_of_its_earlier_bytes_in_any_file()
    {
        await using var store = Open();
        var secret = await store.CommitAsync(Create(Pod("s"), "first-password " + new string('x', 10_000)));
        secret = await store.CommitAsync(Update(secret, "second-password"));
        await store.CommitAsync(Delete(secret, purge: true));
        await store.CompactAsync(1, Ct); // it waits its turn behind the deletion and what follows from it

        // Only the kept remnant resumes a watch; the live event had the last bytes.
        (await store.EventsThroughAsync("pods", 2, 3)).Single().Object.Text().ShouldBe("3:gone");
        await EventuallyAsync(() => !AnyFileContains("-password"));
        await store.DisposeAsync();
        await using var again = Open();
        var events = await again.EventsThroughAsync("pods", 1, 3);
        events.Single().Object.Text().ShouldBe("3:remnant");
        (await again.FindAtAsync(Pod("s"), 2, Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task A_second_owner_is_refused_by_name()
    {
        await using var store = Open();
        Should.Throw<StoreInUseException>(() => Open()).Message.ShouldContain(Path);
    }

    [Fact]
    public async Task A_newer_format_is_refused_with_both_versions_and_left_alone()
    {
        await using (Open())
        {
        }

        Execute("UPDATE meta SET value = 7 WHERE name = 'format'");
        var before = File.ReadAllBytes(Path);
        Should.Throw<StoreFormatException>(() => Open()).Message.ShouldSatisfyAllConditions(m => m.ShouldContain("format 7"), m => m.ShouldContain("up to 1"));
        File.ReadAllBytes(Path).ShouldBe(before);
    }

    [Fact]
    public async Task An_older_format_is_migrated_step_by_step_with_its_data()
    {
        await using (var store = Open()) await store.CommitAsync(Create(Pod("a"), "x"));
        var newer = new StoreFormat(
        [
            "the first step is not run again",
            "CREATE TABLE added (x INTEGER) STRICT",
            "INSERT INTO added VALUES (42)",
        ]);

        await using (var store = SqliteRevisionStore.Open(new() { Path = Path }, _clock, newer)) store.Current.Find(Pod("a"))!.Text().ShouldBe("1:x");
        Scalar("SELECT x FROM added").ShouldBe(42);
        Scalar("SELECT value FROM meta WHERE name = 'format'").ShouldBe(3);
        Should.Throw<StoreFormatException>(() => Open());
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_the_older_format()
    {
        await using (Open())
        {
        }

        var broken = new StoreFormat(["", "CREATE TABLE half (x INTEGER) STRICT; SELECT no_such_function()"]);
        Should.Throw<SqliteException>(() => SqliteRevisionStore.Open(new() { Path = Path }, _clock, broken));
        await using var store = Open();
        Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").ShouldBe(0);
    }

    [Fact]
    public void A_file_that_is_no_store_is_refused()
    {
        Execute("CREATE TABLE recipes (x)");
        Should.Throw<StoreFormatException>(() => Open()).Message.ShouldContain(Path);

        File.WriteAllText(_folder.File("text"), "this is not a database, whatever its name says; it is long enough to be one");
        Should.Throw<StoreDamagedException>(() => SqliteRevisionStore.Open(new() { Path = _folder.File("text") }, _clock)).Message.ShouldContain("text is damaged");
    }

    [Fact]
    public async Task An_object_whose_state_is_missing_is_no_object_that_was_never_there()
    {
        await using (var store = Open()) await store.CommitAsync(Create(Pod("a")));
        Execute("DELETE FROM history");

        Should.Throw<StoreDamagedException>(() => Open()).Message.ShouldContain("1 objects are there, and the states of 1 of them are missing");
    }

    [Fact]
    public async Task History_older_than_its_age_is_dropped_by_the_next_write()
    {
        await using var store = Open(new() { Path = Path, Inline = true, Retention = new() { Age = TimeSpan.FromHours(1) } });
        for (var i = 0; i < 10; i++)
        {
            await store.CommitAsync(Create(Pod($"p{i}")));
            _clock.Advance(TimeSpan.FromMinutes(10));
        }

        await store.CommitAsync(Create(Pod("last")));

        // Written 100, 90, 80 and 70 minutes ago; the one of 60 minutes ago is just within its age.
        store.CompactedRevision.ShouldBe(4);
    }

    [Fact]
    public async Task History_beyond_its_count_or_size_is_dropped()
    {
        await using var store = Open(new() { Path = Path, Inline = true, Retention = new() { Revisions = 5 } });
        for (var i = 0; i < 20; i++) await store.CommitAsync(Create(Pod($"p{i}")));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await store.CommitAsync(Create(Pod("last")));
        store.CompactedRevision.ShouldBe(16);

        await using var sized = SqliteRevisionStore.Open(new() { Path = _folder.File("sized"), Inline = true, Retention = new() { Bytes = 6_000_000 } }, _clock);
        var a = await sized.CommitAsync(Create(Pod("a")));
        for (var i = 0; i < 3000; i++)
        {
            a = await sized.CommitAsync(Update(a, new string('x', 3500)));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Scalar("SELECT sum(length(bytes)) FROM history", "sized").ShouldBeLessThan(7_000_000);
        (a.Revision - sized.CompactedRevision).ShouldBeGreaterThanOrEqualTo(1000);
    }

    [Fact]
    public async Task Deleting_ten_thousand_objects_keeps_only_a_bounded_tail_in_memory()
    {
        await using var store = Open(new() { Path = Path, TailBytes = 1 << 20 });
        for (var ns = 0; ns < 10; ns++)
        {
            await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => store.CommitAsync(Create(Pod($"p{ns}-{i}"), new string('x', 4000)))));
        }

        await DeleteAllAsync(store);
        await Task.Yield(); // off the stack of the method that held them all
        GC.GetTotalMemory(forceFullCollection: true).ShouldBeLessThan(20 << 20);
        (await store.EventsThroughAsync("pods", 10_000, 20_000)).Count.ShouldBe(10_000);
    }

    /// <summary>On its own, so that its locals, which hold every object, are gone when memory is measured.</summary>
    private static async Task DeleteAllAsync(SqliteRevisionStore store)
    {
        foreach (var group in store.Current.List("pods").Chunk(1000)) await Task.WhenAll(group.Select(o => store.CommitAsync(Delete(o))));
    }

    [Fact]
    public async Task The_log_stays_bounded_under_writers_that_never_pause()
    {
        await using var store = Open(new() { Path = Path, CheckpointBytes = 200_000, MaxLogBytes = 1_000_000 });
        var longest = 0L;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async w =>
        {
            for (var i = 0; i < 250; i++)
            {
                await store.CommitAsync(Create(Pod($"p{w}-{i}"), new string('x', 6000)));
                longest = Math.Max(longest, new FileInfo(Path + "-wal").Length);
            }
        }));

        longest.ShouldBeInRange(100_000, 3_000_000);
    }

    [Fact]
    public async Task A_killed_process_loses_nothing_that_it_acknowledged()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        foreach (var argument in Arguments(nameof(Child_that_writes_until_it_is_killed))) start.ArgumentList.Add(argument);
        start.Environment["DOVETAIL_STORE_CHILD"] = Path;
        using var child = Process.Start(start)!;
        var acknowledged = 0L;
        while (acknowledged < 200 && await child.StandardOutput.ReadLineAsync(Ct) is { } line)
        {
            if (line.StartsWith("acknowledged ", StringComparison.Ordinal)) acknowledged = long.Parse(line.AsSpan(13), System.Globalization.CultureInfo.InvariantCulture);
        }

        child.Kill();
        await child.WaitForExitAsync(Ct);
        acknowledged.ShouldBeGreaterThanOrEqualTo(200);
        await using var store = Open();
        store.Current.Revision.ShouldBeGreaterThanOrEqualTo(acknowledged);
        store.Current.List("pods").OrderBy(o => o.Revision).Select(o => o.Text()).ShouldBe(Enumerable.Range(1, (int)store.Current.Revision).Select(i => $"{i}:{new string('x', 2000)}"));
    }

    /// <summary>No test, but what <see cref="A_killed_process_loses_nothing_that_it_acknowledged"/> starts.</summary>
    [Fact(Explicit = true)]
    public async Task Child_that_writes_until_it_is_killed()
    {
        var path = Environment.GetEnvironmentVariable("DOVETAIL_STORE_CHILD") ?? throw new InvalidOperationException("needs DOVETAIL_STORE_CHILD");
        await using var store = SqliteRevisionStore.Open(new() { Path = path, CheckpointBytes = 100_000 }, TimeProvider.System);
        await using var output = Console.OpenStandardOutput();
        for (var i = 0; i < 100_000; i++)
        {
            var written = await store.CommitAsync(Create(Pod($"p{i}"), new string('x', 2000)));
            await output.WriteAsync(Encoding.ASCII.GetBytes($"acknowledged {written.Revision}\n"), Ct);
        }
    }

    private SqliteRevisionStore Open(SqliteStoreOptions? options = null) => SqliteRevisionStore.Open(options ?? new() { Path = Path }, _clock);

    private static IEnumerable<string> Arguments(string method)
    {
        if (Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal)) yield return typeof(DatabaseFileTests).Assembly.Location;
        yield return "-explicit";
        yield return "only";
        yield return "-method";
        yield return $"{typeof(DatabaseFileTests).FullName}.{method}";
    }

    private bool AnyFileContains(string text) => Directory.GetFiles(System.IO.Path.GetDirectoryName(Path)!).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal))
        .Any(f => Latin1(f).Contains(text, StringComparison.Ordinal));

    private static string Latin1(string file)
    {
        using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var text = new StreamReader(open, Encoding.Latin1);
        return text.ReadToEnd();
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (var i = 0; i < 200 && !condition(); i++) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);
        condition().ShouldBeTrue();
    }

    private long Scalar(string sql, string file = "db")
    {
        using var connection = Connect(file);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private void Execute(string sql)
    {
        using var connection = Connect("db");
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteConnection Connect(string file)
    {
        var connection = new SqliteConnection($"Data Source={_folder.File(file)};Pooling=False");
        connection.Open();
        return connection;
    }
}

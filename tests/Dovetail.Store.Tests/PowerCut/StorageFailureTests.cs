using Dovetail.Store.Sqlite;
using static Dovetail.Store.Tests.Writes;

namespace Dovetail.Store.Tests.PowerCut;

public sealed class StorageFailureTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_disk_refuses_writes_by_name_and_room_heals_it()
    {
        var disk = new SimulatedDisk();
        using var vfs = new SimulatedVfs(disk);
        StoredObject a;
        await using (var store = Open(vfs))
        {
            a = await store.CommitAsync(Create(Pod("a")));
            disk.Capacity = 200_000;
            var refused = await Should.ThrowAsync<StoreUnavailableException>(async () => await store.WriteAsync(Create(Pod("b"), new string('x', 300_000)), Ct));
            refused.Message.ShouldContain("full");
            store.WriteFailure.ShouldBe(refused.Message);
            store.Current.List("pods").ShouldBe([a]);

            disk.Capacity = long.MaxValue;
            (await store.CommitAsync(Create(Pod("b"), new string('x', 300_000)))).Revision.ShouldBe(2);
            store.WriteFailure.ShouldBeNull();
        }

        await using var again = Open(vfs);
        again.Current.Count("pods").ShouldBe(2);
    }

    [Fact]
    public async Task After_a_failed_sync_no_write_is_acknowledged_until_a_restart()
    {
        var disk = new SimulatedDisk();
        using var vfs = new SimulatedVfs(disk);
        await using (var store = Open(vfs))
        {
            await store.CommitAsync(Create(Pod("a")));
            disk.SyncFails = _ => true;
            await Should.ThrowAsync<StoreUnavailableException>(async () => await store.WriteAsync(Create(Pod("b")), Ct));

            disk.SyncFails = _ => false;
            var refused = await Should.ThrowAsync<StoreUnavailableException>(async () => await store.WriteAsync(Create(Pod("c")), Ct));
            refused.Message.ShouldContain("restart");
            store.WriteFailure.ShouldBe(refused.Message);
            await Should.ThrowAsync<StoreUnavailableException>(async () => await store.CompactAsync(1, Ct));
            store.Current.Count("pods").ShouldBe(1);
        }

        await using var again = Open(vfs);
        again.WriteFailure.ShouldBeNull();
        again.Current.Find(Pod("a")).ShouldNotBeNull();
        again.Current.Find(Pod("c")).ShouldBeNull();
    }

    [Fact]
    public async Task What_a_failed_sync_left_in_the_log_is_durable_when_it_is_seen_again()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var disk = new SimulatedDisk();
            long seen;
            using (var vfs = new SimulatedVfs(disk))
            {
                await using (var store = Open(vfs))
                {
                    await store.CommitAsync(Create(Pod("a")));
                    disk.SyncFails = _ => true;
                    await Should.ThrowAsync<StoreUnavailableException>(async () => await store.WriteAsync(Create(Pod("b")), Ct));
                }

                Should.Throw<StoreUnavailableException>(() => Open(vfs)).Message.ShouldContain("storage fails");
                disk.SyncFails = _ => false;
                await using var again = Open(vfs);
                seen = again.Current.Revision;
            }

            using var vfsAfter = new SimulatedVfs(disk.AfterPowerCut(new Random(seed)));
            await using var last = Open(vfsAfter);
            last.Current.Revision.ShouldBe(seen);
        }
    }

    [Fact]
    public async Task A_checkpoint_that_cannot_sync_stops_the_store_with_everything_still_in_the_log()
    {
        var disk = new SimulatedDisk();
        using var vfs = new SimulatedVfs(disk);
        await using (var store = Open(vfs, checkpointBytes: 1))
        {
            disk.SyncFails = name => name == "/db";
            await store.CommitAsync(Create(Pod("a")));
            store.WriteFailure.ShouldNotBeNull();
        }

        disk.SyncFails = _ => false;
        using var vfsAfter = new SimulatedVfs(disk.AfterPowerCut(new Random(1)));
        await using var again = Open(vfsAfter);
        again.Current.Find(Pod("a")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Checkpoints_bound_the_log()
    {
        var disk = new SimulatedDisk();
        using var vfs = new SimulatedVfs(disk);
        await using var store = Open(vfs, checkpointBytes: 200_000);
        for (var i = 0; i < 300; i++) await store.CommitAsync(Create(Pod($"p{i}"), new string('x', 4000)));

        disk.Find("/db-wal")!.Length.ShouldBeLessThan(600_000);
        disk.Find("/db")!.Length.ShouldBeGreaterThan(1_000_000);
    }

    private static SqliteRevisionStore Open(SimulatedVfs vfs, long checkpointBytes = 4 << 20) =>
        SqliteRevisionStore.Open(new() { Path = "/db", Vfs = vfs.Name, Inline = true, CheckpointBytes = checkpointBytes }, TimeProvider.System);
}

using System.Globalization;
using Dovetail.Store.Sqlite;
using static Dovetail.Store.Tests.Writes;

namespace Dovetail.Store.Tests.PowerCut;

/// <summary>The power goes at a random operation; what was not synced survives by chance, sector by sector. DOVETAIL_POWERCUT_SEED replays one seed, DOVETAIL_POWERCUT_SEEDS
/// says how many are tried.</summary>
public sealed class PowerCutTests
{
    private const int Operations = 1500;

    [Fact]
    public async Task No_power_cut_loses_or_tears_an_acknowledged_write()
    {
        var (first, count) = Environment.GetEnvironmentVariable("DOVETAIL_POWERCUT_SEED") is { } seed
            ? (int.Parse(seed, CultureInfo.InvariantCulture), 1)
            : (1, int.Parse(Environment.GetEnvironmentVariable("DOVETAIL_POWERCUT_SEEDS") ?? "120", CultureInfo.InvariantCulture));
        for (var i = first; i < first + count; i++)
        {
            var loss = await LossAsync(i, noSync: false);
            loss.ShouldBeNull($"replay with DOVETAIL_POWERCUT_SEED={i}");
        }
    }

    [Fact]
    public async Task The_test_notices_a_store_that_does_not_sync()
    {
        for (var i = 1; i <= 50; i++)
        {
            if (await LossAsync(i, noSync: true) is not null) return;
        }

        Assert.Fail("50 power cuts without a sync lost nothing: this test would not notice a store that forgets to sync");
    }

    /// <summary>Runs until the power goes, and again from what is left, twice (the second time recovery itself may be cut). Null: nothing was lost.</summary>
    private static async Task<string?> LossAsync(int seed, bool noSync)
    {
        var random = new Random(seed);
        var disk = new SimulatedDisk();
        var model = new Model();
        for (var life = 0; life < 3; life++)
        {
            disk.CutAt = life == 2 ? null : disk.Operations + random.Next(random.Next(4) == 0 ? 60 : Operations);
            if (await LiveAsync(disk, model, random, noSync) is { } loss) return loss;
            disk = disk.AfterPowerCut(random);
        }

        return null;
    }

    private static async Task<string?> LiveAsync(SimulatedDisk disk, Model model, Random random, bool noSync)
    {
        using var vfs = new SimulatedVfs(disk);
        try
        {
            await using var store = SqliteRevisionStore.Open(
                new() { Path = "/db", Vfs = vfs.Name, Inline = true, TailEvents = 5, CheckpointBytes = 100_000, MaxLogBytes = 400_000, UnsafeNoSync = noSync }, TimeProvider.System);
            if (await model.CompareAsync(store) is { } loss) return loss;
            while (disk.CutAt is not null) await model.StepAsync(store, random);
            return null;
        }
        catch (Exception e) when (disk.PowerIsOff && e is StoreUnavailableException or Microsoft.Data.Sqlite.SqliteException)
        {
            return null;
        }
        catch (Exception e)
        {
            return $"does not open or work: {e.Message}";
        }
    }

    /// <summary>What was acknowledged, and the one write that was on its way when the power went (it may have happened or not).</summary>
    private sealed class Model
    {
        private readonly SortedDictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);
        private readonly List<StoreEvent> _events = [];
        private long _revision;
        private long _compacted;
        private readonly HashSet<long> _purges = [];
        private StoreEvent? _underWay;
        private bool _underWayPurges;

        public async Task StepAsync(IRevisionStore store, Random random)
        {
            var name = $"p{random.Next(30)}";
            var old = _objects.GetValueOrDefault(name);
            if (random.Next(40) == 0 && _revision > 0)
            {
                // Under way it may take effect; history before it is not compared either way.
                _compacted = random.NextInt64(_compacted, _revision + 1);
                await store.CompactAsync(_compacted, TestContext.Current.CancellationToken);
                return;
            }

            var text = new string((char)('a' + random.Next(26)), random.Next(5) == 0 ? random.Next(20_000) : random.Next(800));
            var write = old is null ? Create(Pod(name), text) : random.Next(4) == 0 ? Delete(old, purge: random.Next(3) == 0) : Update(old, text);
            _underWay = Expect(write, old);
            var outcome = (await store.WriteAsync(write, TestContext.Current.CancellationToken)).ShouldBeOfType<WriteOutcome.Committed>();
            outcome.Object.Show().ShouldBe(_underWay.Object.Show());
            Accept();
        }

        public async Task<string?> CompareAsync(IRevisionStore store)
        {
            if (_underWay is not null && store.Current.Revision == _revision + 1) Accept();
            _underWay = null;
            if (store.Current.Revision != _revision) return $"revision {store.Current.Revision} instead of {_revision}";
            if (store.Current.List("pods").Show() is var found && found != _objects.Values.Show()) return $"objects differ: {found.Length} characters";
            var from = Math.Max(_compacted, store.CompactedRevision);
            var events = await store.EventsThroughAsync(null, from, _revision);
            var revisions = events.Select(e => e.Revision).ToHashSet();
            foreach (var expected in _events.Where(e => e.Revision > from))
            {
                // A purged object's earlier events are gone from history with its deletion.
                if (!revisions.Contains(expected.Revision) && _events.Exists(e => Purges(e, expected))) continue;
                if (events.Find(e => e.Revision == expected.Revision)?.Object.Show() is var actual && actual != Kept(expected)) return $"event {expected.Revision} is {actual}";
            }

            return null;
        }

        private StoreEvent Expect(StoreWrite write, StoredObject? old)
        {
            var revision = _revision + 1;
            _underWayPurges = false;
            switch (write)
            {
                case StoreWrite.Put put:
                    return new(old is null ? StoreEventKind.Created : StoreEventKind.Updated, new(put.Key, old?.CreateRevision ?? revision, revision, 1, put.Render(revision)), old);
                case StoreWrite.Delete delete:
                    _underWayPurges = delete.PurgeHistory;
                    return new(StoreEventKind.Deleted, old! with { Revision = revision, Bytes = delete.Render(revision) }, old);
                default:
                    throw new InvalidOperationException();
            }
        }

        private void Accept()
        {
            var e = _underWay!;
            _revision = e.Revision;
            _events.Add(e);
            if (_underWayPurges) _purges.Add(e.Revision);
            if (e.Kind == StoreEventKind.Deleted) _objects.Remove(e.Object.Key.Name);
            else _objects[e.Object.Key.Name] = e.Object;
            _underWay = null;
        }

        private bool Purges(StoreEvent deletion, StoreEvent earlier) =>
            _purges.Contains(deletion.Revision) && deletion.Object.Key == earlier.Object.Key && deletion.Object.CreateRevision == earlier.Object.CreateRevision && deletion.Revision > earlier.Revision;

        private string Kept(StoreEvent e) => (_purges.Contains(e.Revision) ? e.Object with { Bytes = Render("remnant")(e.Revision) } : e.Object).Show();
    }
}

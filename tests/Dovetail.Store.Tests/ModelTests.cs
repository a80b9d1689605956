using CsCheck;
using Dovetail.Store.Sqlite;
using static Dovetail.Store.Tests.Writes;

namespace Dovetail.Store.Tests;

/// <summary>Random histories: both stores answer every question alike, and the sorted chunks are a sorted dictionary.</summary>
public sealed class ModelTests
{
    private enum Step
    {
        Put,
        Delete,
        Stale,
        Compact,
    }

    private static readonly Gen<(Step Step, int Name, double Past)[]> Steps = Gen.Select(
        Gen.Frequency((6, Gen.Const(Step.Put)), (3, Gen.Const(Step.Delete)), (1, Gen.Const(Step.Stale)), (1, Gen.Const(Step.Compact))),
        Gen.Int[0, 11],
        Gen.Double.Unit).Array[1, 60];

    [Fact]
    public async Task The_sqlite_store_answers_as_the_memory_store() => await Steps.SampleAsync(
        async steps =>
        {
            await using var memory = new MemoryRevisionStore();
            await using var sqlite = SqliteRevisionStore.Open(new() { Path = ":memory:", Inline = true, TailEvents = 3 }, TimeProvider.System);
            foreach (var (step, name, past) in steps)
            {
                var key = name % 3 == 0 ? new ObjectKey("nodes", "", $"n{name}") : Pod($"p{name}", $"ns{name % 2}");
                if (await RunAsync(memory, step, key, past) != await RunAsync(sqlite, step, key, past)) return false;
                if (await AskAsync(memory, key, past) != await AskAsync(sqlite, key, past)) return false;
            }

            return true;
        },
        iter: 200, threads: 1);

    [Fact]
    public void Sorted_chunks_are_a_sorted_dictionary() => Gen.Select(Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 400]).Array[0, 1500].Sample(
        steps =>
        {
            var model = new SortedDictionary<(string, string), StoredObject>(Comparer<(string Ns, string Name)>.Create((a, b) =>
                string.CompareOrdinal(a.Ns, b.Ns) is var order && order != 0 ? order : string.CompareOrdinal(a.Name, b.Name)));
            var objects = SortedObjects.Empty;
            foreach (var (put, ns, name) in steps)
            {
                var key = Pod($"p{name}", $"ns{ns}");
                if (put || name < 100) objects = objects.With(model[(key.Namespace, key.Name)] = new(key, 1, 1, 1, []));
                else (objects, _) = (objects.Without(key.Namespace, key.Name), model.Remove((key.Namespace, key.Name)));
            }

            var after = ("ns1", "p2");
            return objects.From(null, null).SequenceEqual(model.Values)
                && objects.From("ns1", null).SequenceEqual(model.Values.Where(o => o.Key.Namespace == "ns1"))
                && objects.From(null, after).SequenceEqual(model.Where(p => model.Comparer.Compare(p.Key, after) > 0).Select(p => p.Value))
                && objects.From("ns2", after).SequenceEqual(model.Values.Where(o => o.Key.Namespace == "ns2"))
                && objects.Count == model.Count && objects.CountFrom("ns1", null) == model.Keys.Count(k => k.Item1 == "ns1")
                && SortedObjects.Containing([.. model.Values.Reverse()]).From(null, null).SequenceEqual(model.Values)
                && model.All(p => ReferenceEquals(objects.Find(p.Key.Item1, p.Key.Item2), p.Value));
        },
        iter: 100, threads: 1);

    private static async Task<string> RunAsync(IRevisionStore store, Step step, ObjectKey key, double past)
    {
        var old = store.Current.Find(key);
        StoreWrite write;
        switch (step)
        {
            case Step.Compact:
                await store.CompactAsync(Past(store, past), default);
                return $"compacted {store.CompactedRevision}";
            case Step.Delete when old is not null:
                write = Delete(old);
                break;
            case Step.Stale:
                write = new StoreWrite.Put(key, Precondition.At(1), 2, Render("stale"));
                break;
            default:
                write = old is null ? Create(key) : Update(old, "u");
                break;
        }

        return await store.WriteAsync(write, default) switch
        {
            WriteOutcome.Committed c => c.Object.Show(),
            WriteOutcome.Conflict c => "conflict " + c.Current.Show(),
            var other => throw new InvalidOperationException(other.ToString()),
        };
    }

    private static async Task<string> AskAsync(IRevisionStore store, ObjectKey key, double past)
    {
        var revision = Past(store, past);
        try
        {
            var events = await store.EventsThroughAsync(past < 0.5 ? key.Resource : null, revision, store.Current.Revision);
            var found = await store.FindAtAsync(key, revision, default);
            var view = await store.SnapshotAtAsync(key.Resource, revision, default);
            return $"{events.Show()}|{found.Show()}|{view.List(key.Resource).Show()}|{view.Count(key.Resource)}|{store.Current.List("pods", "ns1").Show()}";
        }
        catch (RevisionCompactedException e)
        {
            return $"compacted {e.Compacted} {e.Requested}";
        }
    }

    private static long Past(IRevisionStore store, double past) => (long)(store.Current.Revision * past);
}

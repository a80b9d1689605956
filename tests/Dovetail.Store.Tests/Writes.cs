using System.Globalization;
using System.Text;

namespace Dovetail.Store.Tests;

/// <summary>Short forms of writes; an object's bytes are <c>revision:text</c>, so that a torn or misplaced one is noticed.</summary>
internal static class Writes
{
    public static ObjectKey Pod(string name, string ns = "default") => new("pods", ns, name);

    public static StoreWrite Create(ObjectKey key, string text = "") => new StoreWrite.Put(key, Precondition.Absent, 1, Render(text));

    public static StoreWrite Update(StoredObject old, string text = "") => new StoreWrite.Put(old.Key, Precondition.At(old.Revision), 1, Render(text));

    public static StoreWrite Delete(StoredObject old, bool purge = false) =>
        new StoreWrite.Delete(old.Key, Precondition.At(old.Revision), Render("gone"), purge, purge ? Render("remnant") : null);

    public static RenderAtRevision Render(string text) => revision => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{revision}:{text}"));

    public static string Text(this StoredObject o) => Encoding.UTF8.GetString(o.Bytes);

    /// <summary>An object in full, for comparisons: records compare arrays by reference, and what was read from disk is another array.</summary>
    public static string Show(this StoredObject? o) =>
        o is null ? "none" : string.Create(CultureInfo.InvariantCulture, $"{o.Key.Resource}/{o.Key.Namespace}/{o.Key.Name} {o.CreateRevision}-{o.Revision} g{o.SchemaGeneration} '{o.Text()}'");

    public static string Show(this StoreEvent e) => $"{e.Kind} {e.Object.Show()} was {e.Previous.Show()}";

    public static string Show(this IEnumerable<StoreEvent> events) => string.Join('\n', events.Select(Show));

    public static string Show(this IEnumerable<StoredObject> objects) => string.Join('\n', objects.Select(Show));

    public static async Task<StoredObject> CommitAsync(this IRevisionStore store, StoreWrite write) =>
        (await store.WriteAsync(write, TestContext.Current.CancellationToken)).ShouldBeOfType<WriteOutcome.Committed>().Object;

    /// <summary>Watches until the revision is reached.</summary>
    public static async Task<List<StoreEvent>> EventsThroughAsync(this IRevisionStore store, string? resource, long from, long through)
    {
        var events = new List<StoreEvent>();
        if (from >= through) return events;
        await foreach (var batch in store.WatchAsync(resource, from, TestContext.Current.CancellationToken))
        {
            events.AddRange(batch.Events);
            if (batch.Revision >= through) break;
        }

        return events;
    }
}

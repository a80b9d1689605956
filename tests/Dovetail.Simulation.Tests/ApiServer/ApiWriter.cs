using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Store;

namespace Dovetail.Simulation.Tests.ApiServer;

/// <summary>A client that writes and reads without pause, and checks each answer against the record: what it is told must have happened, between its question and the answer.</summary>
internal sealed class ApiWriter(ApiWorld world, IObjectApi api, string manager, Action<string> violated)
{
    public const int Objects = 4;

    private int written;

    /// <summary>Acknowledged calls.</summary>
    public int Answers { get; private set; }

    public async Task RunAsync()
    {
        while (true)
        {
            var name = "o" + world.Random.Next(Objects);
            // Everything up to here has been acknowledged to somebody: an answer to what is asked now may not be older.
            var acknowledged = world.Store.Newest;
            try
            {
                await ActAsync(name, acknowledged);
                Answers++;
            }
            catch (Exception e) when (e is StatusException or HttpRequestException or StoreUnavailableException or Microsoft.Data.Sqlite.SqliteException)
            {
                // Refused, lost, or no storage: whether it has happened is for the record to say.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(world.Random.Next(200)), world.Loop.Time);
        }
    }

    private Task ActAsync(string name, long acknowledged) => world.Random.Next(9) switch
    {
        0 => CreateAsync(name, acknowledged),
        1 or 2 => IncrementAsync(name, acknowledged),
        3 => WriteAsync(() => api.PatchAsync(Target(name), PatchType.Merge, Utf8($$$"""{"data":{"m":"{{{manager}}}{{{++written}}}"}}"""), new WriteOptions(), default), acknowledged),
        4 or 5 => ApplyAsync(name, acknowledged),
        6 => DeleteAsync(name, acknowledged),
        7 => GetAsync(name, acknowledged),
        _ => ListAsync(acknowledged),
    };

    private Task CreateAsync(string name, long acknowledged) =>
        WriteAsync(() => api.CreateAsync(Target(""), Utf8($$$"""{"metadata":{"name":"{{{name}}}"},"data":{"n":"0"}}"""), new WriteOptions(), default), acknowledged);

    /// <summary>Reads, adds one, and writes under the condition that nobody has written since.</summary>
    private async Task IncrementAsync(string name, long acknowledged)
    {
        var read = (JsonObject)JsonNode.Parse((await api.GetAsync(Target(name), "", default)).Json.Span)!;
        if (read["data"] is not JsonObject data) return;
        data["n"] = (Counters.Count(data) + 1).ToString(CultureInfo.InvariantCulture);
        await WriteAsync(() => api.UpdateAsync(Target(name), Utf8(read.ToJsonString()), new WriteOptions(), default), acknowledged);
    }

    private Task ApplyAsync(string name, long acknowledged) => WriteAsync(
        () => api.PatchAsync(
            Target(name),
            PatchType.ApplyYaml,
            Utf8($$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"},"data":{"a{{{manager}}}":"a{{{manager}}}-{{{++written}}}"}}"""),
            new WriteOptions { FieldManager = "applier-" + manager },
            default),
        acknowledged);

    private async Task DeleteAsync(string name, long acknowledged)
    {
        if (world.Random.Next(3) > 0) return; // or there would be little to write to
        await api.DeleteAsync(Target(name), new DeleteOptions(), default);
        if (!world.Store.Events.Any(e => e.Key > acknowledged && e.Value.Kind == StoreEventKind.Deleted && e.Value.Object.Key.Name == name)) violated($"the deletion of {name} was acknowledged and did not happen");
    }

    /// <summary>The answer is a revision of the record with these bytes, not older than what had been acknowledged, unless nothing changed since.</summary>
    private async Task WriteAsync(Func<ValueTask<WriteResult>> write, long acknowledged)
    {
        var answer = (await write()).Object;
        Recorded(answer, "was acknowledged");
        var name = (string)JsonNode.Parse(answer.Json.Span)!["metadata"]!["name"]!;
        if (answer.Revision <= acknowledged && world.Store.At(name, acknowledged)?.Revision != answer.Revision) violated($"{name} was written at {answer.Revision}, and {acknowledged} was there before it was asked for");
    }

    private async Task GetAsync(string name, long acknowledged)
    {
        var answer = await api.GetAsync(Target(name), "", default);
        Recorded(answer, "was read");
        if (world.Store.At(name, acknowledged) is { } known && answer.Revision < known.Revision) violated($"{name} was read at {answer.Revision}, and {known.Revision} had been acknowledged before");
    }

    private async Task ListAsync(long acknowledged)
    {
        var limit = world.Random.Next(3);
        var answer = await api.ListAsync(Target(""), new ListOptions { Limit = limit }, default);
        if (answer.Revision < acknowledged) violated($"the list is of {answer.Revision}, and {acknowledged} had been acknowledged before");
        var items = answer.Items.ToList();
        if (answer.Continue.Length > 0) items.AddRange((await api.ListAsync(Target(""), new ListOptions { Continue = answer.Continue }, default)).Items);
        var expected = Enumerable.Range(0, Objects).Select(i => world.Store.At("o" + i, answer.Revision)).OfType<StoredObject>().Select(o => o.Revision);
        if (!items.Select(i => i.Revision).SequenceEqual(expected)) violated($"the list at {answer.Revision} has {string.Join(",", items.Select(i => i.Revision))} instead of {string.Join(",", expected)}");
    }

    private void Recorded(ObjectBytes answer, string how)
    {
        if (!world.Store.Events.TryGetValue(answer.Revision, out var change) || !change.Object.Bytes.AsSpan().SequenceEqual(answer.Json.Span)) violated($"revision {answer.Revision} {how} and is not what the store has");
    }

    private static ObjectTarget Target(string name) => ApiWorld.Target("configmaps", name);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Node.Tests.Real;

/// <summary>A small working API for one test: objects by kind and name, one revision counter, conflicts, merge patches, watches, graceful deletion of pods.</summary>
internal sealed class InMemoryKube : IKubeApi
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<(string Plural, string Ns, string Name), JsonObject> objects = new();
    private readonly List<(string Plural, long Revision, ObjectEventType Type, string Json)> history = [];
    private readonly List<Channel<bool>> watchers = [];
    private long revision;

    public Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate) return Task.FromResult(objects.TryGetValue((type.Plural, ns, name), out var found) ? found.Deserialize(type.Json) : null);
    }

    public Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string ns, ListOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate) return Task.FromResult(new KubeList<T>($"{revision}", [.. objects.Where(o => o.Key.Plural == type.Plural).Select(o => o.Value.Deserialize(type.Json)!)]));
    }

    public async IAsyncEnumerable<KubeEvent<T>> WatchAsync<T>(ResourceType<T> type, string ns, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var after = long.Parse(options.ResourceVersion);
        var wake = Channel.CreateUnbounded<bool>();
        lock (gate) watchers.Add(wake);
        var next = 0;
        while (true)
        {
            (string Plural, long Revision, ObjectEventType Type, string Json)[] news;
            lock (gate) (news, next) = ([.. history[next..]], history.Count);
            foreach (var change in news.Where(n => n.Plural == type.Plural && n.Revision > after))
                yield return new KubeEvent<T>(change.Type, JsonSerializer.Deserialize(change.Json, type.Json), $"{change.Revision}");
            await wake.Reader.ReadAsync(ct);
        }
    }

    public Task<T> CreateAsync<T>(ResourceType<T> type, T obj, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate)
        {
            var json = JsonSerializer.SerializeToNode(obj, type.Json)!.AsObject();
            json["metadata"]!["uid"] ??= Guid.NewGuid().ToString();
            if (!objects.TryAdd(Key(type, json), json)) throw Refusal(409, "AlreadyExists");
            return Task.FromResult(Commit(type, ObjectEventType.Added, json));
        }
    }

    public Task CreateSubresourceAsync<T>(ResourceType<T> type, string ns, string name, string subresource, ReadOnlyMemory<byte> body, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

    public Task<T> ReplaceAsync<T>(ResourceType<T> type, T obj, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate)
        {
            var json = JsonSerializer.SerializeToNode(obj, type.Json)!.AsObject();
            if (!objects.TryGetValue(Key(type, json), out var before)) throw Refusal(404, "NotFound");
            if ((string?)before["metadata"]!["resourceVersion"] != obj.Metadata.ResourceVersion) throw Refusal(409, "Conflict");
            if (subresource.Length > 0)
            {
                var part = json[subresource]?.DeepClone();
                json = before.DeepClone().AsObject();
                json[subresource] = part;
            }

            objects[Key(type, json)] = json;
            return Task.FromResult(Commit(type, ObjectEventType.Modified, json));
        }
    }

    public Task<T> PatchAsync<T>(ResourceType<T> type, string ns, string name, PatchType patchType, ReadOnlyMemory<byte> patch, WriteOptions options, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        patchType.ShouldBe(PatchType.Merge);
        lock (gate)
        {
            if (!objects.TryGetValue((type.Plural, ns, name), out var before)) throw Refusal(404, "NotFound");
            var json = before.DeepClone().AsObject();
            Merge(json, JsonNode.Parse(patch.Span)!.AsObject());
            objects[Key(type, json)] = json;
            return Task.FromResult(Commit(type, ObjectEventType.Modified, json));
        }
    }

    public Task DeleteAsync<T>(ResourceType<T> type, string ns, string name, DeleteOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        lock (gate)
        {
            if (!objects.TryGetValue((type.Plural, ns, name), out var json)) return Task.CompletedTask;
            if (options.PreconditionUid.Length > 0 && options.PreconditionUid != (string?)json["metadata"]!["uid"]) throw Refusal(409, "Conflict");
            json = json.DeepClone().AsObject();
            if (options.GracePeriodSeconds == 0)
            {
                objects.Remove((type.Plural, ns, name));
                Commit(type, ObjectEventType.Deleted, json);
                return Task.CompletedTask;
            }

            json["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
            json["metadata"]!["deletionGracePeriodSeconds"] = options.GracePeriodSeconds ?? 30;
            objects[(type.Plural, ns, name)] = json;
            Commit(type, ObjectEventType.Modified, json);
            return Task.CompletedTask;
        }
    }

    /// <summary>How often objects of a kind were written.</summary>
    public int WritesTo(string plural)
    {
        lock (gate) return history.Count(change => change.Plural == plural);
    }

    /// <summary>Ends when the object (null: there is none) is as wanted.</summary>
    public async Task<T?> WaitAsync<T>(ResourceType<T> type, string ns, string name, Func<T?, bool> wanted, TimeSpan limit)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var end = new CancellationTokenSource(limit);
        var wake = Channel.CreateUnbounded<bool>();
        lock (gate) watchers.Add(wake);
        while (true)
        {
            var now = await FindAsync(type, ns, name, end.Token);
            if (wanted(now)) return now;
            try
            {
                await wake.Reader.ReadAsync(end.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{type.Kind} {name} stayed {(now is null ? "absent" : JsonSerializer.Serialize(now, type.Json))}");
            }
        }
    }

    private static (string, string, string) Key<T>(ResourceType<T> type, JsonObject json)
        where T : class, IKubernetesObject<V1ObjectMeta> => (type.Plural, (string?)json["metadata"]!["namespace"] ?? "", (string)json["metadata"]!["name"]!);

    private static void Merge(JsonObject into, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) into.Remove(name);
            else if (value is JsonObject child && into[name] is JsonObject below) Merge(below, child);
            else into[name] = value.DeepClone();
        }
    }

    private static StatusException Refusal(int code, string reason) => new(new ApiStatus { Code = code, Reason = reason, Message = reason });

    private T Commit<T>(ResourceType<T> type, ObjectEventType change, JsonObject json)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        // A default of the API server's schema that clients leave out.
        foreach (var container in json["status"]?["containerStatuses"]?.AsArray() ?? []) container!["lastState"] ??= new JsonObject();
        json["metadata"]!["resourceVersion"] = $"{++revision}";
        history.Add((type.Plural, revision, change, json.ToJsonString()));
        foreach (var watcher in watchers) watcher.Writer.TryWrite(true);
        return json.Deserialize(type.Json)!;
    }
}

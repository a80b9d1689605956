using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Kubeconfig;

namespace Dovetail.Cli.Tests.Crash;

/// <summary>One client: it reads and writes registers (ConfigMaps that hold one value), lists them in chunks, or watches them, and records what it sees. It goes on through every death of the server.</summary>
internal sealed class CrashClient(int id, ClusterConnection connection, CrashRecord record, Random random) : IDisposable
{
    public const string Collection = "api/v1/namespaces/default/configmaps";
    private const int Registers = 12;

    private readonly HttpClient http = new(connection.CreateHandler()) { Timeout = TimeSpan.FromSeconds(30) };
    private int writes;

    public void Dispose() => http.Dispose();

    /// <summary>Reads a register and writes on what it read, until cancelled.</summary>
    public async Task WorkAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var name = $"r{random.Next(Registers)}";
            var read = await CallAsync(HttpMethod.Get, "get", name, 0, null, ct);
            if (read.Ended == Ended.Unknown) await PauseAsync(ct);
            else if (read.Ended == Ended.Absent) await WriteAsync(HttpMethod.Post, "create", name, 0, ct);
            else if (random.Next(10) == 0) await CallAsync(HttpMethod.Delete, "delete", name, read.Revision, $$$"""{"preconditions":{"resourceVersion":"{{{read.Revision}}}"}}""", ct);
            else await WriteAsync(random.Next(3) == 0 ? HttpMethod.Patch : HttpMethod.Put, "update", name, read.Revision, ct);
        }
    }

    /// <summary>Lists everything in chunks of five, until cancelled.</summary>
    public async Task ListAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var found = new Dictionary<string, long>(StringComparer.Ordinal);
            var (token, revision, whole) = ("", 0L, false);
            while (!whole)
            {
                var (code, body) = await SendAsync(HttpMethod.Get, $"{Collection}?labelSelector=crash&limit=5{(token.Length > 0 ? $"&continue={Uri.EscapeDataString(token)}" : "")}", null, "", ct);
                if (code != HttpStatusCode.OK) break;
                foreach (var item in (JsonArray)body!["items"]!) found.Add(Name(item!), Revision(item!));
                var at = Revision(body);
                if (revision > 0 && at != revision) record.Complaints.Enqueue($"a list began at revision {revision} and went on at {at}");
                revision = at;
                token = body["metadata"]!["continue"]?.ToString() ?? "";
                whole = token.Length == 0;
            }

            if (whole) record.Lists.Enqueue(new(revision, found));
            await PauseAsync(ct);
        }
    }

    /// <summary>Watches from a revision on, resuming where it was cut, until cancelled.</summary>
    public async Task WatchAsync(long from, CancellationToken ct)
    {
        var told = record.Watches.GetOrAdd(id, _ => new());
        while (!ct.IsCancellationRequested)
        {
            try
            {
                from = await FollowAsync(from, told.Enqueue, long.MaxValue, ct);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                from = told.LastOrDefault() is { } last ? Math.Max(from, last.Revision) : from;
                await PauseAsync(ct);
            }
        }
    }

    /// <summary>Every event after a revision up to another one.</summary>
    public async Task<IReadOnlyList<Told>> ReadAsync(long from, long through, CancellationToken ct)
    {
        var told = new List<Told>();
        await FollowAsync(from, told.Add, through, ct);
        return told;
    }

    /// <summary>Writes a last object, which marks the end of the run.</summary>
    public async Task<long> EndAsync(CancellationToken ct) => (await WriteAsync(HttpMethod.Post, "create", "end", 0, ct)).Revision;

    /// <summary>Where the server is now.</summary>
    public async Task<long> NewestAsync(CancellationToken ct) => Revision((await SendAsync(HttpMethod.Get, $"{Collection}?limit=1", null, "", ct)).Body!);

    private async Task<long> FollowAsync(long from, Action<Told> tell, long through, CancellationToken ct)
    {
        var uri = connection.At($"{Collection}?watch=true&labelSelector=crash&allowWatchBookmarks=true&resourceVersion={from}");
        using var response = await http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, ct);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
        while (from < through && await lines.ReadLineAsync(ct) is { } line)
        {
            if (!line.EndsWith('}')) break; // cut in the middle by a death
            var change = JsonNode.Parse(line)!;
            var (type, obj) = (change["type"]!.ToString(), change["object"]!);
            if (type == "ERROR")
            {
                record.Complaints.Enqueue($"watch {id} from {from} was refused: {obj["message"]}");
                break;
            }

            from = Revision(obj);
            if (type != "BOOKMARK") tell(new(Name(obj), from, type == "DELETED" ? "" : obj["data"]!["value"]!.ToString()));
        }

        return from;
    }

    private Task<Call> WriteAsync(HttpMethod method, string verb, string name, long expected, CancellationToken ct)
    {
        var value = string.Create(CultureInfo.InvariantCulture, $"{id}-{++writes}");
        var revision = expected > 0 ? $"\"resourceVersion\":\"{expected}\"," : "";
        var body = $$$"""{"metadata":{{{{revision}}}"name":"{{{name}}}","labels":{"crash":"yes"}},"data":{"value":"{{{value}}}"}}""";
        return CallAsync(method, verb, name, expected, body, ct, value);
    }

    private async Task<Call> CallAsync(HttpMethod method, string verb, string name, long expected, string? json, CancellationToken ct, string value = "")
    {
        var start = TimeProvider.System.GetTimestamp();
        var (code, body) = await SendAsync(method, verb == "create" ? Collection : $"{Collection}/{name}", json, method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json", ct);
        var end = TimeProvider.System.GetTimestamp();
        var ended = code switch
        {
            HttpStatusCode.OK or HttpStatusCode.Created => Ended.Done,
            HttpStatusCode.NotFound => Ended.Absent,
            HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests => Ended.Refused,
            _ => Ended.Unknown,
        };
        if (verb == "get" && ended == Ended.Done) value = body!["data"]!["value"]!.ToString();
        // The answer to a deletion is a Status without a revision: the deletion is known by what it demanded.
        var revision = ended == Ended.Done && verb != "delete" ? Revision(body!) : 0;
        var call = new Call(id, verb, name, start, end, ended, expected, value, revision);
        if (verb != "delete") record.Calls.Enqueue(call);
        else if (ended == Ended.Done) record.Calls.Enqueue(call with { Verb = "get", Ended = Ended.Absent });
        return call;
    }

    private async Task<(HttpStatusCode? Code, JsonNode? Body)> SendAsync(HttpMethod method, string path, string? json, string type, CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(method, connection.At(path)) { Version = HttpVersion.Version20 };
            if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, type);
            using var answer = await http.SendAsync(request, ct);
            return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct)));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or System.Text.Json.JsonException)
        {
            return (null, null);
        }
    }

    private static string Name(JsonNode obj) => obj["metadata"]!["name"]!.ToString();

    private static long Revision(JsonNode obj) => long.Parse(obj["metadata"]!["resourceVersion"]!.ToString(), CultureInfo.InvariantCulture);

    private static async Task PauseAsync(CancellationToken ct) => await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

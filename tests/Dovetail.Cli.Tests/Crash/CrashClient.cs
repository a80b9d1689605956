using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Kubeconfig;

namespace Dovetail.Cli.Tests.Crash;

/// <summary>One client: it reads and writes registers (objects of three resources that hold one value), lists them in chunks, or watches them, and records what it sees. It goes on through every death of
/// the server. A register is named <c>resource/name</c>.</summary>
internal sealed class CrashClient(int id, ClusterConnection connection, CrashRecord record, Random random) : IDisposable
{
    /// <summary>A built-in resource, one that controllers of the server write to as well, and a custom one.</summary>
    public static readonly string[] Resources = ["configmaps", "leases", "registers"];

    private const int Registers = 12;

    private const string Json = "application/json";

    private readonly HttpClient http = new(connection.CreateHandler()) { Timeout = TimeSpan.FromSeconds(30) };
    private int writes;

    public void Dispose() => http.Dispose();

    /// <summary>Reads a register and writes on what it read, until cancelled.</summary>
    public async Task WorkAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var number = random.Next(Registers);
            var name = $"{Resources[number % Resources.Length]}/r{number}";
            var read = await CallAsync(HttpMethod.Get, "get", name, 0, null, "", ct);
            if (random.Next(5) == 0) await PauseAsync(ct); // somebody else comes first, and what was read is stale
            if (read.Ended == Ended.Unknown) await PauseAsync(ct);
            else if (read.Ended == Ended.Absent) await WriteAsync(HttpMethod.Post, "create", name, 0, ct);
            else if (random.Next(10) == 0) await CallAsync(HttpMethod.Delete, "delete", name, read.Revision, $$$"""{"preconditions":{"resourceVersion":"{{{read.Revision}}}"}}""", Json, ct);
            else if (random.Next(4) == 0) await TestAndSetAsync(name, read.Revision, ct);
            else await WriteAsync(random.Next(3) == 0 ? HttpMethod.Patch : HttpMethod.Put, "update", name, read.Revision, ct);
        }
    }

    /// <summary>Lists everything in chunks of five, until cancelled.</summary>
    public async Task ListAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var resource = Resources[random.Next(Resources.Length)];
            var found = new Dictionary<string, long>(StringComparer.Ordinal);
            var (token, revision, whole) = ("", 0L, false);
            while (!whole)
            {
                var (code, body) = await SendAsync(HttpMethod.Get, $"{Collection(resource)}?labelSelector=crash&limit=2{(token.Length > 0 ? $"&continue={Uri.EscapeDataString(token)}" : "")}", null, "", ct);
                if (code != HttpStatusCode.OK) break;
                foreach (var item in (JsonArray)body!["items"]!) found.Add(Name(resource, item!), Revision(item!));
                var at = Revision(body);
                if (revision > 0 && at != revision) record.Complaints.Enqueue($"a list began at revision {revision} and went on at {at}");
                revision = at;
                token = body["metadata"]!["continue"]?.ToString() ?? "";
                whole = token.Length == 0;
            }

            if (whole) record.Lists.Enqueue(new(revision, found, resource));
            await PauseAsync(ct);
        }
    }

    /// <summary>Makes the custom resource.</summary>
    public async Task DefineAsync(CancellationToken ct)
    {
        const string Crd = """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"registers.crash.example.com"},
             "spec":{"group":"crash.example.com","scope":"Namespaced","names":{"plural":"registers","singular":"register","kind":"Register"},
             "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}
            """;
        var (code, _) = await SendAsync(HttpMethod.Post, "apis/apiextensions.k8s.io/v1/customresourcedefinitions", Crd, Json, ct);
        if (code != HttpStatusCode.Created) throw new InvalidOperationException($"the custom resource was not made: {code}");
    }

    /// <summary>Watches a resource from a revision on, resuming where it was cut, until cancelled.</summary>
    public async Task WatchAsync(string resource, long from, CancellationToken ct)
    {
        var told = record.Watches.GetOrAdd(id, _ => new());
        while (!ct.IsCancellationRequested)
        {
            try
            {
                from = await FollowAsync(resource, from, told.Enqueue, long.MaxValue, ct);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                from = told.LastOrDefault() is { } last ? Math.Max(from, last.Revision) : from;
                await PauseAsync(ct);
            }
        }
    }

    /// <summary>Every event of every resource after a revision up to a last object of each, which marks the end of the run.</summary>
    public async Task<IReadOnlyList<Told>> ReadAsync(long from, CancellationToken ct)
    {
        var told = new List<Told>();
        foreach (var resource in Resources)
        {
            var end = (await WriteAsync(HttpMethod.Post, "create", $"{resource}/end", 0, ct)).Revision;
            await FollowAsync(resource, from, told.Add, end, ct);
        }

        return [.. told.OrderBy(one => one.Revision)];
    }

    /// <summary>Where the server is now.</summary>
    public async Task<long> NewestAsync(CancellationToken ct) => Revision((await SendAsync(HttpMethod.Get, $"{Collection(Resources[0])}?limit=1", null, "", ct)).Body!);

    private async Task<long> FollowAsync(string resource, long from, Action<Told> tell, long through, CancellationToken ct)
    {
        var uri = connection.At($"{Collection(resource)}?watch=true&labelSelector=crash&allowWatchBookmarks=true&resourceVersion={from}");
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
            if (type != "BOOKMARK") tell(new(Name(resource, obj), from, type == "DELETED" ? "" : Value(obj)));
        }

        return from;
    }

    private Task<Call> WriteAsync(HttpMethod method, string verb, string name, long expected, CancellationToken ct)
    {
        var value = NextValue();
        var revision = expected > 0 ? $"\"resourceVersion\":\"{expected}\"," : "";
        var (version, kind) = ResourceOf(name) switch { "configmaps" => ("v1", "ConfigMap"), "leases" => ("coordination.k8s.io/v1", "Lease"), _ => ("crash.example.com/v1", "Register") };
        var body = $$$"""{"apiVersion":"{{{version}}}","kind":"{{{kind}}}","metadata":{{{{revision}}}"name":"{{{name[(name.IndexOf('/') + 1)..]}}}","labels":{"crash":"yes"},"annotations":{"value":"{{{value}}}"} } }""";
        return CallAsync(method, verb, name, expected, body, method == HttpMethod.Patch ? "application/merge-patch+json" : Json, ct, value);
    }

    private Task<Call> TestAndSetAsync(string name, long expected, CancellationToken ct)
    {
        var value = NextValue();
        var patch = $$"""[{"op":"test","path":"/metadata/resourceVersion","value":"{{expected}}"},{"op":"replace","path":"/metadata/annotations/value","value":"{{value}}"}]""";
        return CallAsync(HttpMethod.Patch, "update", name, expected, patch, "application/json-patch+json", ct, value);
    }

    private string NextValue() => string.Create(CultureInfo.InvariantCulture, $"{id}-{++writes}");

    private async Task<Call> CallAsync(HttpMethod method, string verb, string name, long expected, string? json, string type, CancellationToken ct, string value = "")
    {
        var start = TimeProvider.System.GetTimestamp();
        var (code, body) = await SendAsync(method, verb == "create" ? Collection(ResourceOf(name)) : $"{Collection(ResourceOf(name))}{name[name.IndexOf('/')..]}", json, type, ct);
        var end = TimeProvider.System.GetTimestamp();
        var ended = code switch
        {
            HttpStatusCode.OK or HttpStatusCode.Created => Ended.Done,
            HttpStatusCode.NotFound => Ended.Absent,
            HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity or HttpStatusCode.TooManyRequests => Ended.Refused,
            _ => Ended.Unknown,
        };
        if (verb == "get" && ended == Ended.Done) value = Value(body!);
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

    /// <summary>The path of a resource's registers.</summary>
    private static string Collection(string resource) => resource switch
    {
        "configmaps" => "api/v1/namespaces/default/configmaps",
        "leases" => "apis/coordination.k8s.io/v1/namespaces/default/leases",
        _ => "apis/crash.example.com/v1/namespaces/default/registers",
    };

    private static string ResourceOf(string register) => register[..register.IndexOf('/')];

    private static string Name(string resource, JsonNode obj) => $"{resource}/{obj["metadata"]!["name"]}";

    private static string Value(JsonNode obj) => obj["metadata"]!["annotations"]!["value"]!.ToString();

    private static long Revision(JsonNode obj) => long.Parse(obj["metadata"]!["resourceVersion"]!.ToString(), CultureInfo.InvariantCulture);

    private static async Task PauseAsync(CancellationToken ct) => await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

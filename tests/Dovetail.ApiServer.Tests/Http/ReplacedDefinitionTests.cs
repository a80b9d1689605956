using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>A CRD goes and comes again, each time with another default, while its objects are created, patched, listed and watched.</summary>
public sealed class ReplacedDefinitionTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const int Rounds = 5;
    private const string Crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Things = "/apis/load.example.com/v1/namespaces/demo/things";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly ConcurrentQueue<string> wrong = new();
    private int created;

    [Fact]
    public async Task Under_load_no_object_outlives_its_definition_no_watch_shows_two_and_nothing_fails()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromMinutes(2));
        var load = new[] { WriteAsync(0, stop.Token), WriteAsync(1, stop.Token), ListAsync(stop.Token), WatchAsync(stop.Token), WatchAsync(stop.Token) };
        try
        {
            for (var round = 1; round <= Rounds; round++)
            {
                var defined = await DefineAsync(round, stop.Token);
                var before = Volatile.Read(ref created);
                while (Volatile.Read(ref created) < before + 10) await Task.Delay(Pause, TimeProvider.System, stop.Token);
                var (code, list) = await server.GetAsync(Things);
                code.ShouldBe(200);
                foreach (var item in list["items"]!.AsArray()) Revision(item!).ShouldBeGreaterThan(defined, $"round {round}");
                (await server.SendAsync(HttpMethod.Delete, $"{Crds}/things.load.example.com", null, null, null)).Code.ShouldBe(200);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(load);
        }

        wrong.ShouldBeEmpty();
    }

    /// <returns>The revision of the new definition.</returns>
    private async Task<long> DefineAsync(int round, CancellationToken ct)
    {
        var crd = $$"""
            {"metadata":{"name":"things.load.example.com"},"spec":{"group":"load.example.com","scope":"Namespaced","names":{"plural":"things","singular":"thing","kind":"Thing","listKind":"ThingList"},"versions":[{"name":"v1","served":true,"storage":true,
             "schema":{"openAPIV3Schema":{"type":"object","properties":{"round":{"type":"integer","default":{{round}} },"n":{"type":"integer"} } } } }] } }
            """;
        while (true)
        {
            var (code, body) = await server.PostAsync(Crds, crd);
            if (code == 201) return Revision(body);
            code.ShouldBe(409, body.ToJsonString()); // the one before is going
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    private async Task WriteAsync(int writer, CancellationToken ct)
    {
        for (var i = 0; !ct.IsCancellationRequested; i++)
        {
            var name = $"t{writer}-{i}";
            if (await CallAsync(HttpMethod.Post, Things, $$$"""{"apiVersion":"load.example.com/v1","kind":"Thing","metadata":{"name":"{{{name}}}"}}""", "application/json") is (201, _)) Interlocked.Increment(ref created);
            else await PauseAsync(ct);
            await CallAsync(HttpMethod.Patch, $"{Things}/{name}", """{"n":1}""", "application/merge-patch+json");
        }
    }

    private async Task ListAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var (code, text) = await CallAsync(HttpMethod.Get, Things);
            if (code == 200) JudgeRounds("a list", JsonNode.Parse(text)!["items"]!.AsArray().Select(item => (long)item!["round"]!));
            await PauseAsync(ct);
        }
    }

    private async Task WatchAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var answer = await server.Admin.GetAsync($"{Things}?watch=true&timeoutSeconds=60", HttpCompletionOption.ResponseHeadersRead, ct);
                Judge("watch", (int)answer.StatusCode);
                using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(ct), Encoding.UTF8);
                var rounds = new HashSet<long>();
                while (answer.StatusCode == HttpStatusCode.OK && await lines.ReadLineAsync(ct) is { } line) rounds.Add((long)JsonNode.Parse(line)!["object"]!["round"]!);
                JudgeRounds("a watch", rounds);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }

            await PauseAsync(ct);
        }
    }

    /// <summary>While nothing of the group is served its paths answer a page, and no Status.</summary>
    private async Task<(int Code, string Text)> CallAsync(HttpMethod method, string path, string? body = null, string? type = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, new MediaTypeHeaderValue(type!));
        using var answer = await server.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        Judge($"{method} {path}", (int)answer.StatusCode);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>403: it is terminating; 404: there is none; 409 and 429: again.</summary>
    private void Judge(string what, int code)
    {
        if (code is not (200 or 201 or 403 or 404 or 409 or 429)) wrong.Enqueue($"{what}: {code}");
    }

    private void JudgeRounds(string what, IEnumerable<long> rounds)
    {
        var seen = rounds.Distinct().ToList();
        if (seen.Count > 1) wrong.Enqueue($"{what} shows objects of the definitions {string.Join(", ", seen)}");
    }

    private static long Revision(JsonNode obj) => long.Parse((string)obj["metadata"]!["resourceVersion"]!, CultureInfo.InvariantCulture);

    private static async Task PauseAsync(CancellationToken ct) => await Task.Delay(Pause, TimeProvider.System, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

using System.Globalization;

namespace Dovetail.Bench.Api;

/// <summary>What an operation costs beside 1,000, 10,000 and 100,000 objects of 1 KB, spread over 100 namespaces: it is to be the same.</summary>
internal static class Curves
{
    public const int Most = 100_000;

    private const int Namespaces = 100;
    private static readonly string Payload = string.Concat(Enumerable.Range(0, 1024).Select(i => (char)('a' + (i * 7 % 26))));

    public static async Task RunAsync(ApiServerUnderTest server, Results results, CancellationToken ct)
    {
        using var load = new Load(server, 8);
        for (var i = 0; i < Namespaces; i++) await Load.ExpectAsync(load.Any, HttpMethod.Post, "api/v1/namespaces", $$$"""{"metadata":{"name":"bench-{{{i}}}"}}""", "application/json", ct);
        var present = 0;
        foreach (var objects in new[] { 1000, 10_000, Most })
        {
            var first = present;
            var creates = await load.RunAsync(objects - first, (connection, i) => Load.ExpectAsync(connection, HttpMethod.Post, Collection(first + i), Body(first + i, 0), "application/json", ct), ct);
            present = objects;
            creates.AddTo(results, $"{server.Name}, create up to {objects} objects");
            (await load.RunAsync(20_000, (connection, i) => Load.ExpectAsync(connection, HttpMethod.Get, Path(i * 7919 % objects), null, "", ct), ct)).AddTo(results, $"{server.Name}, get beside {objects} objects");
            (await load.RunAsync(5000, (connection, i) => Load.ExpectAsync(connection, HttpMethod.Put, Path(i * 7919 % objects), Body(i * 7919 % objects, i + 1), "application/json", ct), ct))
                .AddTo(results, $"{server.Name}, update beside {objects} objects");
            results.Add($"{server.Name}, memory with {objects} objects of 1 KB", server.ResidentMegabytes, "MB", server.Name == "dovetail" && objects == Most ? 350 : null);
        }

        await ReadsBesideWritesAsync(server, results, ct);
    }

    /// <summary>How long a get takes while the server is written to at half of what it can take.</summary>
    private static async Task ReadsBesideWritesAsync(ApiServerUnderTest server, Results results, CancellationToken ct)
    {
        using var writers = new Load(server, 8);
        using var readers = new Load(server, 2);
        Task WriteAsync(HttpClient connection, int i) => Load.ExpectAsync(connection, HttpMethod.Put, Path(i * 31 % Most), Body(i * 31 % Most, i + 7), "application/json", ct);
        var most = (await writers.RunAsync(10_000, WriteAsync, ct)).PerSecond;
        var pause = TimeSpan.FromSeconds(8 / (most / 2));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = writers.RunAsync(
            (int)(most / 2 * 15),
            async (connection, i) =>
            {
                if (enough.IsCancellationRequested) return;
                var rest = Task.Delay(pause, TimeProvider.System, ct);
                await WriteAsync(connection, i);
                await rest;
            },
            ct);
        var reads = await readers.RunAsync(10_000, async (connection, i) =>
        {
            await Load.ExpectAsync(connection, HttpMethod.Get, Path(i * 7919 % Most), null, "", ct);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, ct);
        }, ct);
        await enough.CancelAsync();
        await writing;
        results.Add($"{server.Name}, writes at most, 8 clients", most, "/s");
        // A reader's pause is in its figures; the timer's grain of a millisecond is taken off.
        results.Add($"{server.Name}, get at half of it: p99", Math.Max(0, reads.P99Milliseconds - 1), "ms", 5);
    }

    private static string Collection(int i) => string.Create(CultureInfo.InvariantCulture, $"api/v1/namespaces/bench-{i % Namespaces}/configmaps");

    private static string Path(int i) => string.Create(CultureInfo.InvariantCulture, $"{Collection(i)}/o{i:000000}");

    private static string Body(int i, int version) => $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"o{{{i:000000}}}","labels":{"app":"bench"}},"data":{"version":"{{{version}}}","payload":"{{{Payload}}}"}}""";
}

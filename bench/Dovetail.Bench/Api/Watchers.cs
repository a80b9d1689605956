using System.Collections.Concurrent;
using System.Globalization;

namespace Dovetail.Bench.Api;

/// <summary>Open watches, whose events are read and counted.</summary>
internal sealed class Watchers : IAsyncDisposable
{
    private readonly List<HttpClient> connections = [];
    private readonly ConcurrentBag<Task> readers = [];
    private readonly CancellationTokenSource stop = new();
    private long events;

    public long Events => Interlocked.Read(ref events);

    public int Count => readers.Count;

    public static async Task<Watchers> OpenAsync(ApiServerUnderTest server, int connections, int each, string path, CancellationToken ct)
    {
        var watchers = new Watchers();
        for (var c = 0; c < connections; c++) watchers.connections.Add(server.Connect());
        for (var i = 0; i < each; i++) await Task.WhenAll(watchers.connections.Select(connection => watchers.OpenOneAsync(connection, path, ct)));
        return watchers;
    }

    /// <summary>Cost of idle watchers: their memory, their CPU, and what they add to a write that concerns none of them.</summary>
    public static async Task IdleAsync(ApiServerUnderTest server, Results results, int count, int connections, CancellationToken ct)
    {
        using var load = new Load(server, 8);
        var path = string.Create(CultureInfo.InvariantCulture, $"api/v1/namespaces/default/configmaps/bench-{count}-");
        var before = await WritesAsync(load, path + "before", ct);
        var rss = server.ResidentMegabytes;
        await using var watchers = await OpenAsync(server, connections, count / connections, "api/v1/namespaces/default/limitranges?watch=true&allowWatchBookmarks=true", ct);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, ct);
        var opened = server.ResidentMegabytes;
        var cpu = server.CpuSeconds;
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System, ct);
        results.Add($"{server.Name}, {count} idle watchers over {connections} connections: memory of each", (opened - rss) * 1e3 / count, "KB");
        results.Add($"{server.Name}, {count} idle watchers: CPU", (server.CpuSeconds - cpu) * 10, "%");
        var after = await WritesAsync(load, path + "after", ct);
        results.Add($"{server.Name}, create without watchers: CPU", before.CpuMicroseconds, "us/op");
        results.Add($"{server.Name}, create beside {count} idle watchers: CPU", after.CpuMicroseconds, "us/op");
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        foreach (var connection in connections) connection.Dispose();
        stop.Dispose();
    }

    private static Task<LoadFigures> WritesAsync(Load load, string path, CancellationToken ct)
    {
        var (folder, name) = (path[..path.LastIndexOf('/')], path[(path.LastIndexOf('/') + 1)..]);
        return load.RunAsync(5000, (connection, i) => Load.ExpectAsync(connection, HttpMethod.Post, folder, $$$"""{"metadata":{"name":"{{{name}}}-{{{i}}}"},"data":{"k":"v"}}""", "application/json", ct), ct);
    }

    private async Task OpenOneAsync(HttpClient connection, string path, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = connection.DefaultRequestVersion, VersionPolicy = connection.DefaultVersionPolicy };
        var answer = await connection.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        answer.EnsureSuccessStatusCode();
        readers.Add(ReadAsync(answer));
    }

    private async Task ReadAsync(HttpResponseMessage answer)
    {
        using var response = answer;
        var buffer = new byte[2048];
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(stop.Token);
            for (var count = 1; count > 0;)
            {
                count = await body.ReadAsync(buffer, stop.Token);
                Interlocked.Add(ref events, buffer.AsSpan(0, count).Count((byte)'\n'));
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
    }
}

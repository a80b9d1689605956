using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace Dovetail.Bench.Api;

/// <summary>What a run of requests took. CPU is the server's, all of its processes and controllers included, the client's not; /proc counts it in ticks of 10 ms.</summary>
internal sealed record LoadFigures(int Operations, double PerSecond, double MedianMilliseconds, double P99Milliseconds, double CpuMicroseconds)
{
    public void AddTo(Results results, string name)
    {
        results.Add($"{name}: operations", PerSecond, "/s");
        results.Add($"{name}: median", MedianMilliseconds, "ms");
        results.Add($"{name}: p99", P99Milliseconds, "ms");
        results.Add($"{name}: CPU", CpuMicroseconds, "us/op");
    }
}

/// <summary>Requests from a number of clients, each with a connection of its own.</summary>
internal sealed class Load(ApiServerUnderTest server, int clients) : IDisposable
{
    private readonly HttpClient[] connections = [.. Enumerable.Range(0, clients).Select(_ => server.Connect())];

    public HttpClient Any => connections[0];

    /// <summary>Runs an operation so many times; it gets a connection and its own number, and throws when it fails.</summary>
    public async Task<LoadFigures> RunAsync(int operations, Func<HttpClient, int, Task> operation, CancellationToken ct)
    {
        foreach (var connection in connections) await ExpectAsync(connection, HttpMethod.Get, "version", null, "", ct);
        var taken = new double[operations];
        var next = -1;
        var cpu = server.CpuSeconds;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(connections.Select(async connection =>
        {
            await Task.Yield();
            for (var i = Interlocked.Increment(ref next); i < operations; i = Interlocked.Increment(ref next))
            {
                ct.ThrowIfCancellationRequested();
                var sent = Stopwatch.GetTimestamp();
                await operation(connection, i);
                taken[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
            }
        }));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Array.Sort(taken);
        return new(operations, operations / seconds, taken[operations / 2], taken[(int)(operations * 0.99)], (server.CpuSeconds - cpu) * 1e6 / operations);
    }

    /// <summary>Sends a request and returns the body of its answer.</summary>
    /// <exception cref="InvalidOperationException">The answer is none of 200 and 201; the message holds it.</exception>
    public static async Task<string> ExpectAsync(HttpClient connection, HttpMethod method, string path, string? body, string contentType, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Version = connection.DefaultRequestVersion, VersionPolicy = connection.DefaultVersionPolicy };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "bench/1");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        using var answer = await connection.SendAsync(request, ct);
        var text = await answer.Content.ReadAsStringAsync(ct);
        return answer.IsSuccessStatusCode ? text : throw new InvalidOperationException($"{method} {path}: {(int)answer.StatusCode} {text}");
    }

    public void Dispose()
    {
        foreach (var connection in connections) connection.Dispose();
    }
}

using System.Text;

namespace Dovetail.ApiServer.Tests.Http;

public sealed class SlowWatcherTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const int Slow = 50;
    private const int Writes = 200;

    [Fact]
    public async Task Watchers_that_read_nothing_hold_nobody_up_and_nothing_in_memory()
    {
        var ct = TestContext.Current.CancellationToken;
        const string Watch = "/api/v1/namespaces/demo/configmaps?watch=true&labelSelector=slow";
        using var stuck = server.Client(server.AdminCertificate, null);
        var watches = new List<HttpResponseMessage>();
        for (var i = 0; i < Slow; i++) watches.Add(await stuck.GetAsync(Watch, HttpCompletionOption.ResponseHeadersRead, ct));
        using var read = await server.Admin.GetAsync(Watch, HttpCompletionOption.ResponseHeadersRead, ct);
        var reader = CountAsync(read, ct);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        // 8 MB of events, of which each of them is owed all.
        for (var i = 0; i < Writes; i++)
            (await server.PostAsync("/api/v1/namespaces/demo/configmaps", $$$"""{"metadata":{"name":"slow{{{i}}}","labels":{"slow":""}},"data":{"x":"{{{new string('x', 40_000)}}}"}}""")).Code.ShouldBe(201);

        (await reader.WaitAsync(TimeSpan.FromMinutes(2), ct)).ShouldBe(Writes);
        // What the store keeps, and what lies in the buffers of both ends of fifty streams.
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(100_000_000);
        foreach (var watch in watches) watch.Dispose();
    }

    private static async Task<int> CountAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(ct), Encoding.UTF8);
        var count = 0;
        while (count < Writes && await lines.ReadLineAsync(ct) is not null) count++;
        return count;
    }
}

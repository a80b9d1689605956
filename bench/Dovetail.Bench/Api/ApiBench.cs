namespace Dovetail.Bench.Api;

/// <summary>The API server against its yardstick: every verb, list and watch under apibench, three workloads, the curves over objects and watchers, memory and starts. Where the environment
/// names kube-apiserver and etcd, they are measured in the same run (see <see cref="KubeApiServer"/>). DOVETAIL_BENCH_PARTS chooses: verbs, workloads, watchers, curves.</summary>
internal static class ApiBench
{
    private static readonly string[] All = ["verbs", "workloads", "watchers", "curves"];

    public static async Task<Results> RunAsync(BenchPlatform platform, CancellationToken ct)
    {
        var results = new Results();
        var parts = Environment.GetEnvironmentVariable("DOVETAIL_BENCH_PARTS")?.Split(',') ?? All;
        var own = new OwnServer(platform, platform.DataDir + "-api", platform.Api.Port);
        await own.CreateAsync(ct);
        try
        {
            await using (var server = own.Start())
            {
                results.Add("dovetail, start to first answer", await server.ReadyAsync(ct), "s", 0.3);
                await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, ct);
                results.Add("dovetail, idle memory", server.ResidentMegabytes, "MB", 80);
                await MeasureAsync(platform, server, parts, results, ct);
            }

            if (parts.Contains("curves")) await ReopenAsync(own, results, ct);
        }
        finally
        {
            own.Remove();
        }

        var folder = platform.DataDir + "-kube";
        await using (var kube = KubeApiServer.Start(folder, platform.Api.Port + 10))
        {
            if (kube is null) results.Note("kube-apiserver was not measured: DOVETAIL_BENCH_KUBE_APISERVER and DOVETAIL_BENCH_ETCD name no binaries");
            else
            {
                results.Add("kube-apiserver, start to first answer", await kube.ReadyAsync(ct), "s");
                await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, ct);
                results.Add("kube-apiserver, idle memory", kube.ResidentMegabytes, "MB");
                await MeasureAsync(platform, kube, parts, results, ct);
            }
        }

        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        return results;
    }

    private static async Task MeasureAsync(BenchPlatform platform, ApiServerUnderTest server, string[] parts, Results results, CancellationToken ct)
    {
        if (parts.Contains("verbs")) await Generator.RunAsync(platform, server, results, ct);
        if (parts.Contains("workloads")) await Workloads.RunAsync(server, results, ct);
        if (parts.Contains("watchers")) await Watchers.IdleAsync(server, results, count: 10_000, connections: 200, ct);
        if (parts.Contains("curves")) await Curves.RunAsync(server, results, ct);
    }

    /// <summary>The store with everything that the curves left in it is opened again.</summary>
    private static async Task ReopenAsync(OwnServer own, Results results, CancellationToken ct)
    {
        await using var server = own.Start();
        results.Add($"dovetail, start with {Curves.Most} objects to first answer", await server.ReadyAsync(ct), "s", 3);
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System, ct);
        results.Add($"dovetail, memory after a start with {Curves.Most} objects", server.ResidentMegabytes, "MB", 350);
    }
}

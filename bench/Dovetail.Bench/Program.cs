using Dovetail.Bench;
using Dovetail.Bench.Api;

// Names of benchmarks, in the order in which they run; without a name all of them do.
var benchmarks = new Dictionary<string, Func<BenchPlatform, CancellationToken, Task<Results>>>
{
    ["startup"] = StartupBench.RunAsync,
    ["vmstart"] = VmStartBench.RunAsync,
    ["burst"] = FleetBench.BurstAsync,
    ["memory"] = FleetBench.MemoryAsync,
    ["store"] = StoreBench.RunAsync,
    ["api"] = ApiBench.RunAsync,
};
if (args.FirstOrDefault(name => !benchmarks.ContainsKey(name)) is { } unknown)
{
    await Console.Error.WriteLineAsync($"there is no benchmark {unknown}; there are: {string.Join(", ", benchmarks.Keys)}");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
var platform = BenchPlatform.FromEnvironment();
try
{
    foreach (var name in args.Length > 0 ? args : [.. benchmarks.Keys])
    {
        Console.WriteLine($"{name}:");
        var results = await benchmarks[name](platform, stop.Token);
        results.Write(Path.Combine(platform.ResultsFolder, $"{name}.json"));
    }
}
finally
{
    await platform.DownAsync(CancellationToken.None);
}

return 0;

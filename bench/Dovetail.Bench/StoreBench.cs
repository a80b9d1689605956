using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Store;
using Dovetail.Store.Sqlite;

namespace Dovetail.Bench;

/// <summary>Durable creates of 1 KB objects: the store alone in this process, then the API server under <c>apibench</c> where it is at hand.</summary>
internal static class StoreBench
{
    private const int Creates = 2000;
    private const string Tools = "DOVETAIL_TOOLS";
    private static readonly int[] Clients = [1, 8, 32];

    public static async Task<Results> RunAsync(BenchPlatform platform, CancellationToken ct)
    {
        var results = new Results();
        foreach (var clients in Clients) await InProcessAsync(platform, results, clients, ct);
        var tools = Environment.GetEnvironmentVariable(Tools) ?? Path.Combine(platform.Root, "..", "shared", "tools");
        var generator = Path.Combine(tools, "apibench", "apibench.cs");
        if (File.Exists(generator)) await OverHttpsAsync(platform, results, generator, ct);
        else results.Note($"the API server was not measured: there is no {generator}; {Tools} names the folder that holds apibench");
        return results;
    }

    private static async Task InProcessAsync(BenchPlatform platform, Results results, int clients, CancellationToken ct)
    {
        var folder = Directory.CreateDirectory(Path.Combine(platform.ResultsFolder, "store")).FullName;
        try
        {
            await using var store = SqliteRevisionStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, "bench.db") }, TimeProvider.System);
            var payload = Encoding.UTF8.GetBytes($$"""{"data":"{{new string('x', 1000)}}"}""");
            await WriteAsync(store, "warm", 200, payload, ct);
            var cpu = ProcessFigures.CpuSeconds(Environment.ProcessId);
            var began = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, clients).Select(client => WriteAsync(store, $"client-{client}", Creates / clients, payload, ct)));
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            results.Add($"store alone, {clients} clients: creates", Creates / seconds, "/s");
            results.Add($"store alone, {clients} clients: CPU", (ProcessFigures.CpuSeconds(Environment.ProcessId) - cpu) * 1000 / Creates, "ms");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WriteAsync(SqliteRevisionStore store, string client, int count, byte[] payload, CancellationToken ct)
    {
        await Task.Yield();
        for (var i = 0; i < count; i++)
            await store.WriteAsync(new StoreWrite.Put(new ObjectKey("configmaps", "bench", $"{client}-{i}"), Precondition.Absent, 1, _ => payload), ct);
    }

    private static async Task OverHttpsAsync(BenchPlatform platform, Results results, string generator, CancellationToken ct)
    {
        await platform.UpAsync(ct);
        var program = Path.Combine(platform.ResultsFolder, "apibench");
        if (!File.Exists(Path.Combine(program, "apibench.dll"))) await platform.CommandAsync("dotnet", ["build", generator, "-c", "Release", "-o", program, "--nologo", "-v", "quiet"], ct);
        var pki = Path.Combine(platform.DataDir, "pki");
        var raw = Path.Combine(platform.ResultsFolder, "apibench.json");
        var common = new[]
        {
            Path.Combine(program, "apibench.dll"), "--server", platform.Api.ToString().TrimEnd('/'), "--ca", Path.Combine(pki, "ca.crt"), "--cert", Path.Combine(pki, "admin.pem"),
            "--key", Path.Combine(pki, "admin.pem"), "--tests", "crud", "--pids", $"apiserver={await platform.PidAsync("server", ct)}",
        };
        await platform.CommandAsync("dotnet", [.. common, "--ops", "300"], ct); // warms both up
        var table = await platform.CommandAsync("dotnet", [.. common, "--clients", "1,8,32", "--out", raw], ct);
        Console.WriteLine(table);
        foreach (var row in JsonNode.Parse(await File.ReadAllTextAsync(raw, ct))!.AsArray())
        {
            var name = $"over HTTPS, {row!["clients"]} clients: {row["kind"]} {row["test"]}";
            results.Add(name, row["per_s"]!.GetValue<double>(), "/s");
            if (row["server"]?["apiserver.cpu_ms_per_op"] is { } cpu) results.Add($"{name}: CPU", cpu.GetValue<double>(), "ms");
        }

        results.Note($"over HTTPS: every figure of apibench is in {Path.GetFileName(raw)}");
    }
}

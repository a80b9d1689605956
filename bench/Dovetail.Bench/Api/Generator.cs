using System.Globalization;
using System.Text.Json.Nodes;

namespace Dovetail.Bench.Api;

/// <summary>apibench, the load generator that the yardstick was measured with; DOVETAIL_TOOLS names the folder that holds it.</summary>
internal static class Generator
{
    /// <summary>Figures of the yardstick that are compared: CPU of kube-apiserver 1.36.2 and etcd 3.6 together, in ms an operation, on two quiet cores; and how many times less is promised.</summary>
    private static readonly Dictionary<string, (double Cpu, double Times)> Yardstick = new(StringComparer.Ordinal)
    {
        ["configmap create 8"] = (0.995, 4), ["configmap get 8"] = (0.435, 6), ["configmap update (PUT) 8"] = (1.175, 4), ["configmap patch merge 8"] = (1.37, 4),
        ["configmap patch json 8"] = (1.245, 4), ["configmap apply (SSA) 8"] = (1.665, 4), ["configmap delete 8"] = (0.97, 4),
        ["configmap create 32"] = (0.8, 4), ["configmap get 32"] = (0.355, 6), ["configmap update (PUT) 32"] = (1.11, 4), ["configmap patch merge 32"] = (1.115, 4),
        ["configmap patch json 32"] = (1.14, 4), ["configmap apply (SSA) 32"] = (1.21, 4), ["configmap delete 32"] = (0.88, 4),
        ["configmap watch x100 100"] = (0.066, 4), ["configmap list 10000 full 1"] = (258, 10), ["configmap list 10000 rv=0 1"] = (182, 10), ["configmap list 10000 gzip 1"] = (80, 10),
        ["configmap list 10000 chunk500 1"] = (320, 10), ["configmap list 10000 Table 1"] = (90, 10), ["configmap list 10000 metaonly 1"] = (60, 10),
        ["configmap list label 1% of 10000 1"] = (12, 10), ["configmap list 10000 protobuf 1"] = (246.7, 10), ["configmap list 10000 full x8 8"] = (149.6, 10),
        ["widget(CRD) create 8"] = (1.985, 4), ["widget(CRD) get 8"] = (0.435, 6), ["widget(CRD) update (GET+PUT) 8"] = (3.57, 4), ["widget(CRD) patch merge 8"] = (3.25, 4),
        ["widget(CRD) patch json 8"] = (2.69, 4), ["widget(CRD) apply (SSA) 8"] = (3.125, 4), ["widget(CRD) delete 8"] = (2.09, 4),
        ["widget(CRD) create 32"] = (1.63, 4), ["widget(CRD) get 32"] = (0.44, 6), ["widget(CRD) update (GET+PUT) 32"] = (3.335, 4), ["widget(CRD) patch merge 32"] = (2.295, 4),
        ["widget(CRD) patch json 32"] = (2.08, 4), ["widget(CRD) apply (SSA) 32"] = (1.945, 4), ["widget(CRD) delete 32"] = (1.51, 4),
        ["widget(CRD) watch x100 100"] = (0.044, 4), ["widget(CRD) list 10000 full 1"] = (436, 10), ["widget(CRD) list 10000 rv=0 1"] = (560, 10), ["widget(CRD) list 10000 gzip 1"] = (275, 10),
        ["widget(CRD) list 10000 Table 1"] = (220, 10), ["widget(CRD) list 10000 metaonly 1"] = (163.3, 10), ["widget(CRD) list label 1% of 10000 1"] = (12, 10),
        ["widget(CRD) list 10000 full x8 8"] = (479.6, 10),
    };

    public static async Task RunAsync(BenchPlatform platform, ApiServerUnderTest server, Results results, CancellationToken ct)
    {
        var tools = Environment.GetEnvironmentVariable("DOVETAIL_TOOLS") ?? Path.Combine(platform.Root, "..", "shared", "tools");
        var source = Path.Combine(tools, "apibench", "apibench.cs");
        if (!File.Exists(source))
        {
            results.Note($"the verbs were not measured: there is no {source}; DOVETAIL_TOOLS names the folder that holds apibench");
            return;
        }

        var program = Path.Combine(platform.ResultsFolder, "apibench");
        if (!File.Exists(Path.Combine(program, "apibench.dll"))) await platform.CommandAsync("dotnet", ["build", source, "-c", "Release", "-o", program, "--nologo", "-v", "quiet"], ct);
        var raw = Path.Combine(platform.ResultsFolder, $"apibench-{server.Name}.json");
        string[] common =
        [
            Path.Combine(program, "apibench.dll"), "--server", server.Address.ToString().TrimEnd('/'), "--ca", server.AuthorityFile, "--cert", server.CertificateFile, "--key", server.KeyFile,
            "--pids", string.Join(',', server.Processes.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value.Id}"))),
        ];
        await platform.CommandAsync("dotnet", [.. common, "--ops", "500", "--objects", "500"], ct); // warms both up
        await platform.CommandAsync("dotnet", [.. common, "--ops", "20000", "--ops1", "5000", "--clients", "1,8,32", "--watch-ops", "1000", "--list-reps", "50", "--out", raw], ct);
        foreach (var row in JsonNode.Parse(await File.ReadAllTextAsync(raw, ct))!.AsArray())
        {
            var key = $"{row!["kind"]} {row["test"]} {row["clients"]}";
            if (row["ops"]!.GetValue<long>() == 0)
            {
                results.Note($"{server.Name}, {key}: no operation succeeded");
                continue;
            }

            var name = $"{server.Name}, {row["kind"]} {row["test"]}, {row["clients"]} clients";
            results.Add($"{name}: operations", row["per_s"]!.GetValue<double>(), "/s");
            results.Add($"{name}: p99", row["p99_ms"]!.GetValue<double>(), "ms");
            var cpu = server.Processes.Keys.Sum(p => row["server"]?[$"{p}.cpu_ms_per_op"]?.GetValue<double>() ?? 0);
            results.Add($"{name}: CPU", cpu, "ms", Yardstick.TryGetValue(key, out var mark) && server.Name == "dovetail" ? Math.Round(mark.Cpu / mark.Times, 4) : null);
        }
    }
}

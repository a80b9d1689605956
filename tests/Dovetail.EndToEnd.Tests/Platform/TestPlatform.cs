using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>One platform with a data folder and ports of its own, driven as its users do: by <c>dovetail</c>, <c>kubectl</c> and <c>virtctl</c>.</summary>
internal sealed class TestPlatform
{
    public TestPlatform(string name)
    {
        DataDir = Path.Combine(Path.GetTempPath(), $"dovetail-e2e-{System.Environment.ProcessId}-{name}");
        (Listen, RegistryPort) = ($"127.0.0.1:{FreePort()}", FreePort());
    }

    /// <summary>How the guests of this platform have fared.</summary>
    public GuestRecord Guests { get; } = new();

    public string DataDir { get; }

    public string Listen { get; }

    public int RegistryPort { get; }

    public string Kubeconfig => Path.Combine(DataDir, "kubeconfig");

    /// <summary>The id that names everything this platform leaves on the host.</summary>
    public string Instance => JsonNode.Parse(File.ReadAllText(Path.Combine(DataDir, "instance.json")))!["id"]!.GetValue<string>();

    public string Image(string name) => $"127.0.0.1:{RegistryPort}/dovetail/{name}";

    public async Task<Finished> DovetailAsync(string arguments, CancellationToken ct) =>
        await Shell.RunAsync(Checkout.Program, [.. Words(arguments), "--data-dir", DataDir], ct, environment: Environment());

    public async Task UpAsync(CancellationToken ct)
    {
        var config = DataDir + ".yaml";
        await File.WriteAllTextAsync(config, $"apiVersion: config.dovetail.dev/v1\nkind: DovetailConfiguration\nlisten: {Listen}\nregistry:\n  port: {RegistryPort}\n", ct);
        var up = await DovetailAsync($"up --config {config}", ct);
        up.Code.ShouldBe(0, up.Everything);
    }

    /// <summary>Puts the guest image into the registry; what an earlier run built is taken from the checkout's artifacts.</summary>
    public async Task PushTinyAsync(CancellationToken ct)
    {
        var (kept, own) = (Path.Combine(Checkout.Root, "artifacts", "e2e-images"), Path.Combine(DataDir, "images"));
        if (Directory.Exists(kept)) (await Shell.RunAsync("/bin/cp", ["-r", kept + "/.", own], ct)).Text.ShouldBeEmpty();
        (await DovetailAsync("image push tiny", ct)).Text.ShouldContain("dovetail/tiny");
        Directory.CreateDirectory(kept);
        (await Shell.RunAsync("/bin/cp", ["-r", own + "/.", kept], ct)).Text.ShouldBeEmpty();
    }

    /// <summary>The process of a part as <c>status -o json</c> names it, or null while it does not run.</summary>
    public async Task<int?> PartAsync(string part, CancellationToken ct)
    {
        var status = await DovetailAsync("status -o json", ct);
        return JsonNode.Parse(status.Out)?[part]?["pid"]?.GetValue<int>();
    }

    /// <summary>The process of server, node or supervisor by the platform's own record: quicker than asking, for tests that want to strike at a moment.</summary>
    public int? Recorded(string part) =>
        HostCensus.Read(Path.Combine(DataDir, "run", part + ".json")) is { } record && JsonNode.Parse(record)!["pid"]!.GetValue<int>() is var pid && Directory.Exists($"/proc/{pid}") ? pid : null;

    public async Task<Finished> KubectlAsync(string arguments, CancellationToken ct, string? input = null) =>
        await Shell.RunAsync("kubectl", ["--kubeconfig", Kubeconfig, .. Words(arguments)], ct, input);

    public async Task<Finished> VirtctlAsync(string arguments, CancellationToken ct) =>
        await Shell.RunAsync(Checkout.Virtctl, Words(arguments), ct, environment: Environment());

    public Dictionary<string, string> Environment() => new() { ["DOVETAIL_ROOT"] = Checkout.Root, ["KUBECONFIG"] = Kubeconfig };

    public async Task ApplyAsync(string manifest, CancellationToken ct)
    {
        var applied = await KubectlAsync("apply -f -", ct, manifest);
        applied.Code.ShouldBe(0, applied.Everything);
    }

    /// <summary>An object as JSON, or null when it is not there or the server cannot be reached just now.</summary>
    public async Task<JsonNode?> FindAsync(string kind, string name, string ns, CancellationToken ct)
    {
        var found = await KubectlAsync($"get {kind} {name} -n {ns} --ignore-not-found -o json", ct);
        return found.Code == 0 && found.Out.Length > 0 ? JsonNode.Parse(found.Out) : null;
    }

    /// <summary>A list as JSON, or null when the server cannot be reached just now.</summary>
    public async Task<JsonNode?> ListAsync(string what, CancellationToken ct)
    {
        var found = await KubectlAsync($"get {what} -o json", ct);
        return found.Code == 0 ? JsonNode.Parse(found.Out) : null;
    }

    private static string[] Words(string arguments) => arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

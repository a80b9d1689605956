using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Node.Host;

namespace Dovetail.Node.Network;

/// <summary>A CNI plugin refused: its own code and message.</summary>
internal sealed class CniException(string command, string plugin, string message) : IOException($"CNI {command} by {plugin} failed: {message}");

/// <summary>
/// Runs the chain of CNI plugins for a pod (CNI specification 1.0.0): bridge with host-local addresses. Masquerading and filtering are ours (<see cref="NftRules"/>), one rule set for all pods,
/// so that a pod costs one plugin run and no iptables.
/// </summary>
internal sealed class CniPlugins(string bridge, PodSubnet subnet, string stateFolder)
{
    private const string PluginFolder = "/usr/lib/cni";
    private const string NetworkName = "dovetail";

    /// <summary>The network configuration list, also for containerd.</summary>
    public string ConfList() => new JsonObject
    {
        ["cniVersion"] = "1.0.0",
        ["name"] = NetworkName,
        ["plugins"] = new JsonArray(Bridge()),
    }.ToJsonString();

    /// <summary>Connects the namespace; returns the pod's addresses without prefix.</summary>
    public async Task<ImmutableArray<string>> AddAsync(string podUid, string netnsPath, CancellationToken ct)
    {
        var answer = await CallAsync("ADD", podUid, netnsPath, ct);
        using var result = JsonDocument.Parse(answer);
        return [.. result.RootElement.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()!.Split('/')[0])];
    }

    /// <summary>Takes the pod off the network and frees its address; a namespace that is gone is no error.</summary>
    public Task DelAsync(string podUid, string netnsPath, CancellationToken ct) => CallAsync("DEL", podUid, netnsPath, ct);

    /// <summary>The pods that hold an address.</summary>
    public IReadOnlySet<string> Holders()
    {
        var folder = $"{stateFolder}/{NetworkName}";
        if (!Directory.Exists(folder)) return new HashSet<string>();

        // host-local keeps a file an address: "<container id>\r\n<interface>".
        return Directory.EnumerateFiles(folder, "*.*.*.*").Select(file => File.ReadLines(file).FirstOrDefault("").Trim()).Where(id => id.Length > 0).ToHashSet();
    }

    private JsonObject Bridge() => new()
    {
        ["type"] = "bridge",
        ["bridge"] = bridge,
        ["isGateway"] = true,
        ["isDefaultGateway"] = true,
        ["ipMasq"] = false,
        ["hairpinMode"] = true,
        ["ipam"] = new JsonObject
        {
            ["type"] = "host-local",
            ["dataDir"] = stateFolder,
            ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = subnet.Network.ToString(), ["gateway"] = subnet.Gateway.ToString() })),
        },
    };

    private async Task<string> CallAsync(string command, string podUid, string netnsPath, CancellationToken ct)
    {
        var conf = Bridge();
        conf["cniVersion"] = "1.0.0";
        conf["name"] = NetworkName;
        var environment = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = podUid,
            ["CNI_NETNS"] = netnsPath,
            ["CNI_IFNAME"] = "eth0",
            ["CNI_PATH"] = PluginFolder,
            ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
        };
        var result = await Tool.TryRunAsync($"{PluginFolder}/bridge", [], ct, conf.ToJsonString(), environment);
        return result.Ok ? result.Output : throw new CniException(command, "bridge", Message(result));
    }

    /// <summary>A plugin's refusal on its standard output: <c>{"code": 11, "msg": "…", "details": "…"}</c>.</summary>
    private static string Message(ToolResult result)
    {
        try
        {
            using var refusal = JsonDocument.Parse(result.Output);
            return refusal.RootElement.TryGetProperty("msg", out var message) ? message.GetString() ?? result.Output : result.Output;
        }
        catch (JsonException)
        {
            return (result.Error + result.Output).Trim();
        }
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.AspNetCore.Http;

namespace Dovetail.ApiServer.Nodes;

/// <summary>Finds out where a pod's, a service's or a node's requests are to go, from the objects as they are (upstream: <c>pkg/registry/core/{pod,service,node}</c>, the functions <c>*Location</c>).</summary>
internal sealed class ConnectLocator(ObjectRegistry registry)
{
    private const int DefaultKubeletPort = 10250;

    private static readonly UserInfo Self = UserInfo.Component("apiserver");

    /// <summary>In this order; upstream prefers names, which need not resolve here.</summary>
    private static readonly string[] AddressTypes = ["InternalIP", "Hostname", "InternalDNS", "ExternalDNS", "ExternalIP"];

    /// <summary>Null: the pod runs on no node yet, and there is nothing to show.</summary>
    /// <exception cref="StatusException">404, or 400 when no container can be told.</exception>
    public async Task<ConnectTarget?> LogAsync(ObjectTarget pod, PodLogOptions options, CancellationToken ct)
    {
        var obj = await GetAsync(pod, ct);
        var container = Container(obj, options.Container);
        var node = NodeOf(obj);
        if (node.Length == 0) return null;
        return (await KubeletAsync(node, $"/containerLogs/{pod.Namespace}/{pod.Name}/{container}{options.Query}", ct)) with { Verified = !options.SkipsVerification };
    }

    /// <summary>exec, attach and portforward.</summary>
    /// <exception cref="StatusException">404, or 400 when no container can be told or the pod runs nowhere.</exception>
    public async Task<ConnectTarget> StreamAsync(ObjectTarget pod, IQueryCollection query, CancellationToken ct)
    {
        var obj = await GetAsync(pod, ct);
        var forwards = pod.Subresource == "portforward";
        var path = forwards ? $"/portForward/{pod.Namespace}/{pod.Name}" : $"/{pod.Subresource}/{pod.Namespace}/{pod.Name}/{Container(obj, QueryOptions.Text(query, "container"))}";
        var node = NodeOf(obj);
        if (node.Length == 0) throw Refusals.BadRequest($"pod {pod.Name} does not have a host assigned");
        return await KubeletAsync(node, path + StreamQuery(query, forwards), ct);
    }

    /// <summary>A pod's own port; without a number the first that a container names.</summary>
    public async Task<ConnectTarget> PodAsync(ObjectTarget pod, string pathAndQuery, CancellationToken ct)
    {
        var id = ProxiedName.Parse(pod.Name) ?? throw Refusals.BadRequest($"invalid pod request \"{pod.Name}\"");
        var obj = await GetAsync(pod with { Name = id.Name }, ct);
        var ports = (obj.Child("spec")?["containers"] as JsonArray ?? []).OfType<JsonObject>().SelectMany(c => (c["ports"] as JsonArray ?? []).OfType<JsonObject>());
        var port = id.Port.Length > 0 ? id.Port : ports.FirstOrDefault()?.Number("containerPort")?.ToString(CultureInfo.InvariantCulture) ?? "";
        var ip = obj.Child("status")?.Text("podIP") ?? "";
        if (!IPAddress.TryParse(ip, out var address) || !IsProxyable(address)) throw Refusals.BadRequest("address not allowed");
        return new(Address(id.Scheme, ip, port, pathAndQuery), ToKubelet: false);
    }

    /// <summary>A ready endpoint of a service's port, which is given by name or by number.</summary>
    /// <exception cref="StatusException">503: there is none.</exception>
    public async Task<ConnectTarget> ServiceAsync(ObjectTarget service, string pathAndQuery, CancellationToken ct)
    {
        var id = ProxiedName.Parse(service.Name) ?? throw Refusals.BadRequest($"invalid service request \"{service.Name}\"");
        var declared = await GetAsync(service with { Name = id.Name }, ct);
        var port = id.Port;
        if (long.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            port = (declared.Child("spec")?["ports"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(p => p.Number("port") == number)?.Text("name") ?? throw Refusals.ServiceUnavailable($"no service port {number} found for service \"{id.Name}\"");
        }

        var endpoints = await GetAsync(service with { Resource = "endpoints", Name = id.Name }, ct);
        foreach (var subset in (endpoints["subsets"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var open = (subset["ports"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(p => p.Text("name") == port);
            if (open is null || (subset["addresses"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault() is not { } address) continue;
            return new(Address(id.Scheme, address.Text("ip"), (open.Number("port") ?? 0).ToString(CultureInfo.InvariantCulture), pathAndQuery), ToKubelet: false);
        }

        throw Refusals.ServiceUnavailable($"no endpoints available for service \"{service.Name}\"");
    }

    /// <summary>A node's kubelet, or another port of the node.</summary>
    public async Task<ConnectTarget> NodeAsync(ObjectTarget node, string pathAndQuery, CancellationToken ct)
    {
        var id = ProxiedName.Parse(node.Name) ?? throw Refusals.BadRequest($"invalid node request \"{node.Name}\"");
        var (host, port) = await EndpointAsync(id.Name, ct);
        return id.Port.Length == 0 || id.Port == port
            ? new(Address("https", host, port, pathAndQuery), ToKubelet: true)
            : new(Address(id.Scheme, host, id.Port, pathAndQuery), ToKubelet: false);
    }

    private async Task<ConnectTarget> KubeletAsync(string node, string pathAndQuery, CancellationToken ct)
    {
        var (host, port) = await EndpointAsync(node, ct);
        return new(Address("https", host, port, pathAndQuery), ToKubelet: true);
    }

    private async Task<(string Host, string Port)> EndpointAsync(string node, CancellationToken ct)
    {
        var status = (await GetAsync(new ObjectTarget { User = Self, Group = "", Version = "v1", Resource = "nodes", Name = node }, ct)).Child("status") ?? [];
        var addresses = (status["addresses"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        var host = AddressTypes.Select(type => addresses.FirstOrDefault(a => a.Text("type") == type)?.Text("address")).FirstOrDefault(a => !string.IsNullOrEmpty(a))
            ?? throw new StatusException(new ApiStatus { Code = 500, Reason = "", Message = $"no preferred addresses found; known addresses: [{string.Join(' ', addresses.Select(a => $"{{{a.Text("type")} {a.Text("address")}}}"))}]" });
        var port = status.Child("daemonEndpoints")?.Child("kubeletEndpoint")?.Number("Port") is { } open and > 0 ? open : DefaultKubeletPort;
        return (host, port.ToString(CultureInfo.InvariantCulture));
    }

    private async Task<JsonObject> GetAsync(ObjectTarget target, CancellationToken ct)
    {
        var obj = await registry.GetAsync(target with { User = Self, Subresource = "" }, "", ct);
        return StoredJson.Tree(obj.Json.Span);
    }

    private static string NodeOf(JsonObject pod) => pod.Child("spec")?.Text("nodeName") ?? "";

    /// <summary>Go's <c>IsGlobalUnicast</c>: neither this machine's own addresses nor those that mean something else on every link (cloud metadata).</summary>
    private static bool IsProxyable(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Broadcast)) return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6) return !address.IsIPv6LinkLocal && !address.IsIPv6Multicast;
        var bytes = address.GetAddressBytes();
        return bytes[0] is < 224 or > 239 && bytes is not [169, 254, ..];
    }

    /// <exception cref="StatusException">503: a port that is no number. It comes from the client's path, and anything else could name another host.</exception>
    private static Uri Address(string scheme, string host, string port, string pathAndQuery)
    {
        if (port.Length > 0 && !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _)) throw Refusals.ServiceUnavailable($"error trying to reach service: dial tcp: lookup tcp/{port}: unknown port");
        var authority = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return new Uri($"{scheme}://{authority}{(port.Length > 0 ? ":" : "")}{port}{pathAndQuery}");
    }

    private static string Container(JsonObject pod, string asked)
    {
        var name = pod.Metadata().Text("name");
        var (containers, init, ephemeral) = (Names(pod, "containers"), Names(pod, "initContainers"), Names(pod, "ephemeralContainers"));
        if (asked.Length > 0)
            return containers.Concat(init).Concat(ephemeral).Contains(asked) ? asked : throw Refusals.BadRequest($"container {asked} is not valid for pod {name}");
        if (containers.Length == 1) return containers[0];
        var choice = containers.Length == 0 ? "" : $", choose one of: [{string.Join(' ', containers)}]{(init.Length > 0 ? $" or one of the init containers: [{string.Join(' ', init)}]" : "")}";
        throw Refusals.BadRequest($"a container name must be specified for pod {name}{choice}");
    }

    private static string[] Names(JsonObject pod, string list) => [.. (pod.Child("spec")?[list] as JsonArray ?? []).OfType<JsonObject>().Select(c => c.Text("name"))];

    /// <summary>The kubelet's own names of the streams that are wanted.</summary>
    private static string StreamQuery(IQueryCollection query, bool forwards)
    {
        List<string> parts = [];
        if (forwards)
        {
            if (query["ports"].Count > 0) parts.Add($"port={Uri.EscapeDataString(string.Join(',', query["ports"].ToArray()))}");
        }
        else
        {
            foreach (var (name, kubelet) in new[] { ("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty") })
            {
                if (QueryOptions.Flag(query, name)) parts.Add($"{kubelet}=1");
            }

            parts.AddRange(query["command"].Select(c => $"command={Uri.EscapeDataString(c ?? "")}"));
        }

        return parts.Count == 0 ? "" : $"?{string.Join('&', parts)}";
    }
}

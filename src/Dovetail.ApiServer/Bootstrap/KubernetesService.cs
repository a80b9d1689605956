using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry.ServiceAddresses;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer.Bootstrap;

/// <summary>
/// Keeps the Service <c>default/kubernetes</c>, its Endpoints and its EndpointSlice: they are made anew or put right when somebody deletes or changes them. A server that listens on loopback only
/// cannot be reached from where Services are used: then both exist and have no address.
/// </summary>
internal sealed class KubernetesService(IObjectApi api, ServiceRange range, IPEndPoint listening, ILogger<KubernetesService> log, TimeProvider time)
{
    private const string Name = "kubernetes";

    /// <summary>As often as upstream looks.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly SystemObject[] objects = [Service(range, listening.Port), Endpoints(listening), Slice(listening)];

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                foreach (var one in objects) await one.RepairAsync(api, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                KubernetesServiceLog.Failed(log, e is StatusException refusal ? refusal.Status.Message : e.Message);
            }

            await Task.Delay(Period, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static SystemObject Service(ServiceRange range, int port) => new("", "v1", "services", new JsonObject
    {
        ["metadata"] = Metadata("component", "apiserver", "provider", "kubernetes"),
        ["spec"] = new JsonObject
        {
            ["clusterIP"] = range.Address(1),
            ["ports"] = new JsonArray { (JsonNode)new JsonObject { ["name"] = "https", ["port"] = 443, ["protocol"] = "TCP", ["targetPort"] = port } },
            ["sessionAffinity"] = "None",
            ["type"] = "ClusterIP",
        },
    });

    private static SystemObject Endpoints(IPEndPoint listening)
    {
        var obj = new JsonObject { ["metadata"] = Metadata("endpointslice.kubernetes.io/skip-mirror", "true") };
        obj["subsets"] = Reachable(listening) is not { } address ? null : new JsonArray
        {
            (JsonNode)new JsonObject
            {
                ["addresses"] = new JsonArray { (JsonNode)new JsonObject { ["ip"] = address.ToString() } },
                ["ports"] = new JsonArray { (JsonNode)Port(listening) },
            },
        };
        return new("", "v1", "endpoints", obj);
    }

    private static SystemObject Slice(IPEndPoint listening)
    {
        var address = Reachable(listening);
        var endpoints = new JsonArray();
        if (address is not null)
            endpoints.Add((JsonNode)new JsonObject { ["addresses"] = new JsonArray { (JsonNode)address.ToString() }, ["conditions"] = new JsonObject { ["ready"] = true } });
        return new("discovery.k8s.io", "v1", "endpointslices", new JsonObject
        {
            ["metadata"] = Metadata("kubernetes.io/service-name", Name),
            ["addressType"] = address?.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4",
            ["endpoints"] = endpoints,
            ["ports"] = new JsonArray { (JsonNode)Port(listening) },
        });
    }

    private static JsonObject Port(IPEndPoint listening) => new() { ["name"] = "https", ["port"] = listening.Port, ["protocol"] = "TCP" };

    private static JsonObject Metadata(params string[] labels)
    {
        var map = new JsonObject();
        for (var i = 0; i < labels.Length; i += 2) map[labels[i]] = labels[i + 1];
        return new JsonObject { ["name"] = Name, ["namespace"] = "default", ["labels"] = map };
    }

    /// <summary>An address of this machine by which others reach the server; null when it listens on loopback only.</summary>
    private static IPAddress? Reachable(IPEndPoint listening)
    {
        if (IPAddress.IsLoopback(listening.Address)) return null;
        if (!listening.Address.Equals(IPAddress.Any) && !listening.Address.Equals(IPAddress.IPv6Any)) return listening.Address;
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(one => one.OperationalStatus == OperationalStatus.Up && one.NetworkInterfaceType != NetworkInterfaceType.Loopback && one.GetIPProperties().GatewayAddresses.Count > 0)
            .SelectMany(one => one.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork);
    }
}

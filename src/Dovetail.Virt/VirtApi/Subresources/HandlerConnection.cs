using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;

namespace Dovetail.Virt.VirtApi.Subresources;

/// <summary>The identity with which virt-api calls virt-handler, and the authority that both sides' certificates come from.</summary>
/// <param name="Client">The certificate for the next handshake; it is renewed while the platform runs.</param>
/// <param name="Authority">The authority's.</param>
public sealed record HandlerTrust(Func<X509Certificate2> Client, X509Certificate2 Authority);

/// <summary>Calls the virt-handler of a node over mutual TLS. Its address is on the Node object.</summary>
public sealed class HandlerConnection : IDisposable
{
    internal const string Protocol = "plain.kubevirt.io";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly IKubeApi _api;
    private readonly HandlerTrust _trust;
    private readonly HttpClient _http;

    public HandlerConnection(IKubeApi api, HandlerTrust trust)
    {
        (_api, _trust) = (api, trust);
        _http = CreateClient(trust, Limit);
    }

    /// <summary>An HTTP client that shows virt-api's certificate and takes only servers of the authority.</summary>
    public static HttpClient CreateClient(HandlerTrust trust, TimeSpan limit)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { LocalCertificateSelectionCallback = (_, _, _, _, _) => trust.Client(), RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(trust, certificate, errors) },
        };
        return new HttpClient(handler) { Timeout = limit };
    }

    /// <summary>Sends a request without a stream; the answer is passed on as it is.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, VirtualMachineInstance instance, string subresource, CancellationToken ct)
    {
        var address = await AddressAsync(instance, ct);
        using var request = new HttpRequestMessage(method, $"https://{address}{Path(instance, subresource)}");
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            throw Unreachable(instance, address, e);
        }
    }

    public async Task<WebSocket> OpenAsync(VirtualMachineInstance instance, string subresource, string query, CancellationToken ct)
    {
        var address = await AddressAsync(instance, ct);
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.CollectHttpResponseDetails = true;
            socket.Options.AddSubProtocol(Protocol);
            socket.Options.ClientCertificates.Add(_trust.Client());
            socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(_trust, certificate, errors);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(Limit);
            await socket.ConnectAsync(new Uri($"wss://{address}{Path(instance, subresource)}{query}"), limit.Token);
            return socket;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            // The node knows of the guest's end, or of its launcher's restart, before the API does. 400 has virtctl try again.
            if (status is 404 or 409 or 503) throw Refusals.Of(400, "VirtualMachineInstance is not running", "virtualmachineinstances", instance.Metadata.Name);
            throw Unreachable(instance, address, e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Path(VirtualMachineInstance instance, string subresource) => $"/v1/namespaces/{instance.Metadata.NamespaceProperty}/virtualmachineinstances/{instance.Metadata.Name}/{subresource}";

    private async Task<string> AddressAsync(VirtualMachineInstance instance, CancellationToken ct)
    {
        var node = instance.Status?.NodeName is { Length: > 0 } name ? await _api.FindAsync(BuiltInTypes.Nodes, "", name, ct) : null;
        if (node?.Metadata.Annotations is { } annotations && annotations.TryGetValue(KubeVirtAnnotations.VirtHandlerAddress, out var address)) return address;
        throw Refusals.Of(500, $"unable to find the virt-handler of node \"{instance.Status?.NodeName}\": it has not published its address", "virtualmachineinstances", instance.Metadata.Name);
    }

    private static StatusException Unreachable(VirtualMachineInstance instance, string address, Exception e) =>
        Refusals.Of(500, $"virt-handler of node \"{instance.Status?.NodeName}\" at {address} does not answer: {e.Message}", "virtualmachineinstances", instance.Metadata.Name);

    /// <summary>Any certificate of our authority is a handler's: addresses of nodes change, the authority does not.</summary>
    private static bool IsTrusted(HandlerTrust trust, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 presented || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable)) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(trust.Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(presented);
    }
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Kubeconfig;
using Dovetail.Virtctl.Commands;

namespace Dovetail.Virtctl.Client;

/// <summary>The few requests of KubeVirt's API that virtctl makes. Failures are <see cref="ApiException"/> with the words of the server's Status.</summary>
public sealed class KubeVirtClient : IDisposable
{
    private const string SubresourceGroup = "/apis/subresources.kubevirt.io";
    private const string Subprotocol = "plain.kubevirt.io";

    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ClusterConnection connection;
    private readonly HttpClient http;
    private readonly TimeProvider time;
    private readonly Action<string>? trace;

    /// <param name="trace">Gets a line for every request; null for none.</param>
    public KubeVirtClient(ClusterConnection connection, TimeProvider time, Action<string>? trace)
    {
        this.connection = connection;
        this.time = time;
        this.trace = trace;
        http = new HttpClient(connection.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public string Namespace => connection.Namespace;

    /// <summary>A VirtualMachine or VirtualMachineInstance of the namespace.</summary>
    public async Task<JsonObject> GetAsync(string resource, string name, CancellationToken ct) =>
        ReadObject(await SendAsync(HttpMethod.Get, $"/apis/kubevirt.io/v1/namespaces/{Uri.EscapeDataString(Namespace)}/{resource}/{Uri.EscapeDataString(name)}", null, resource, name, ct));

    /// <param name="options">The body; null for none.</param>
    public async Task PutSubresourceAsync(string resource, string name, string subresource, JsonObject? options, CancellationToken ct) =>
        await SendAsync(HttpMethod.Put, SubresourcePath(resource, name, subresource), options, resource, name, ct);

    /// <summary>The answer as indented JSON.</summary>
    public async Task<string> GetSubresourceAsync(string resource, string name, string subresource, CancellationToken ct)
    {
        var answer = ReadObject(await SendAsync(HttpMethod.Get, SubresourcePath(resource, name, subresource), null, resource, name, ct));
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented)) answer.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public async Task<VersionInfo> ServerVersionAsync(CancellationToken ct)
    {
        var group = ReadObject(await SendAsync(HttpMethod.Get, SubresourceGroup, null, "", "", ct));
        var preferred = group["preferredVersion"]?["groupVersion"]?.ToString() ?? "subresources.kubevirt.io/v1";
        return VersionInfo.Parse(ReadObject(await SendAsync(HttpMethod.Get, $"/apis/{preferred}/version", null, "", "", ct)));
    }

    /// <summary>Opens the serial console's stream: binary messages whose boundaries mean nothing.</summary>
    public Task<WebSocket> OpenConsoleAsync(string vmi, CancellationToken ct) => OpenAsync(SubresourcePath("virtualmachineinstances", vmi, "console"), ct);

    /// <summary>Opens a port of a guest: binary messages, each a datagram where the protocol has such.</summary>
    internal Task<WebSocket> OpenPortAsync(ForwardTarget target, PortMapping port, CancellationToken ct) =>
        OpenAsync(SubresourcePath(target.Resource, target.Name, string.Create(CultureInfo.InvariantCulture, $"portforward/{port.Remote}/{port.Protocol}"), target.Namespace), ct);

    private async Task<WebSocket> OpenAsync(string path, CancellationToken ct)
    {
        // The upgrade is done by hand, since ClientWebSocket hides the body of a refusal, which is where the reason stands.
        using var request = new HttpRequestMessage(HttpMethod.Get, connection.At(path));
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("websocket"));
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(Guid.NewGuid().ToByteArray()));
        request.Headers.Add("Sec-WebSocket-Protocol", Subprotocol);
        var response = await SendAsync(request, ct);
        if (response.StatusCode == System.Net.HttpStatusCode.SwitchingProtocols)
            return WebSocket.CreateFromStream(await response.Content.ReadAsStreamAsync(ct), new WebSocketCreationOptions { SubProtocol = Subprotocol });

        using (response)
        {
            var code = (int)response.StatusCode;
            var body = await response.Content.ReadAsStringAsync(ct);
            var refused = string.Create(CultureInfo.InvariantCulture, $"Can't connect to websocket ({code}): websocket: bad handshake");
            var mediaType = response.Content.Headers.ContentType?.MediaType ?? "";
            if (mediaType == "text/plain" && body.Length > 0) refused += ": application info: " + body;
            throw new ApiException(code, StatusMessage(body) ?? refused);
        }
    }

    public void Dispose() => http.Dispose();

    private string SubresourcePath(string resource, string name, string subresource, string ns = "") =>
        $"{SubresourceGroup}/v1/namespaces/{Uri.EscapeDataString(ns.Length > 0 ? ns : Namespace)}/{resource}/{Uri.EscapeDataString(name)}/{subresource}";

    private async Task<string> SendAsync(HttpMethod method, string path, JsonObject? body, string resource, string name, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, connection.At(path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        if (response.IsSuccessStatusCode) return text;
        var code = (int)response.StatusCode;
        throw new ApiException(code, StatusMessage(text) ?? GenericMessage(code, text, method, resource, name));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        connection.Authorize(request.Headers);
        var started = time.GetTimestamp();
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            trace?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{request.Method} {request.RequestUri} {(int)response.StatusCode} in {time.GetElapsedTime(started).TotalMilliseconds:F0} ms"));
            return response;
        }
        catch (HttpRequestException e)
        {
            throw new ApiException(0, $"{Verb(request.Method)} \"{request.RequestUri}\": {Reason(e, request.RequestUri!)}", e);
        }
    }

    private static string Reason(HttpRequestException failure, Uri uri) => failure.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"dial tcp {uri.Host}:{uri.Port}: connect: connection refused",
        SocketException { SocketErrorCode: SocketError.HostNotFound } => $"dial tcp: lookup {uri.Host}: no such host",
        System.Security.Authentication.AuthenticationException e => "tls: failed to verify certificate: " + e.Message,
        _ => failure.Message,
    };

    private static string Verb(HttpMethod method) => method == HttpMethod.Put ? "Put" : "Get";

    /// <summary>The message of a <c>metav1.Status</c>; null when the text is none.</summary>
    private static string? StatusMessage(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject status && status["kind"]?.ToString() == "Status" ? status["message"]?.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>How client-go words an answer that is no Status.</summary>
    private static string GenericMessage(int code, string text, HttpMethod method, string resource, string name)
    {
        var message = code switch
        {
            400 => "the server rejected our request for an unknown reason",
            401 => "the server has asked for the client to provide credentials",
            403 => text.Length > 0 ? text.Trim() : "unknown",
            404 => "the server could not find the requested resource",
            405 => "the server does not allow this method on the requested resource",
            409 => "the server reported a conflict",
            422 => "the server rejected our request due to an error in our request",
            429 => "the server has received too many requests and has asked us to try again later",
            500 => $"an error on the server (\"{text.Trim()}\") has prevented the request from succeeding",
            503 => "the server is currently unable to handle the request",
            504 => "the server was unable to return a response in the time allotted, but may still be processing the request",
            _ => string.Create(CultureInfo.InvariantCulture, $"the server responded with the status code {code} but did not return more information"),
        };
        return name.Length == 0 ? message : $"{message} ({method.Method.ToLowerInvariant()} {resource}.kubevirt.io {name})";
    }

    private static JsonObject ReadObject(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new ApiException(0, "the server's answer is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new ApiException(0, "the server's answer is not JSON: " + e.Message, e);
        }
    }
}

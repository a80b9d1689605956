using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dovetail.Kubeconfig;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s;
using k8s.Models;

namespace Dovetail.Runtime.Engines;

/// <summary>
/// The seam over HTTPS: a cluster's API server, or ours from another process. Kubeconfig, TLS and credentials are those of <see cref="ClusterConnection"/>, as virtctl has them (ADR 12).
/// </summary>
public sealed class HttpKubeApi : IKubeApi, IDisposable
{
    /// <summary>A request that is not a watch is given up after this time.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    private readonly ClusterConnection connection;
    private readonly HttpClient http;
    private readonly string fieldManager;
    private readonly TimeProvider time;

    /// <param name="connection">From a kubeconfig file, or in-cluster.</param>
    /// <param name="fieldManager">The component's name, for managedFields and as user agent.</param>
    /// <param name="time">The clock of request time limits.</param>
    public HttpKubeApi(ClusterConnection connection, string fieldManager, TimeProvider time)
    {
        (this.connection, this.fieldManager, this.time) = (connection, fieldManager, time);
        var handler = connection.CreateHandler();
        handler.EnableMultipleHttp2Connections = true; // a server allows 100-250 streams a connection; each watch holds one
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests; // a connection that died in silence ends its watches
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }; // watches stay open; other requests carry their own limit
    }

    /// <exception cref="KubeconfigException">The file cannot be read or does not say enough.</exception>
    public static HttpKubeApi FromKubeconfig(string path, string fieldManager, TimeProvider time) =>
        new(KubeconfigLoader.Load(new ConfigOverrides { Kubeconfig = path }, static _ => null), fieldManager, time);

    public async Task<T?> FindAsync<T>(ResourceType<T> type, string ns, string name, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return await ExchangeAsync(type, HttpMethod.Get, RequestPath.Of(type, ns, name), null, ct);
        }
        catch (StatusException absent) when (absent.IsNotFound(name))
        {
            return null;
        }
    }

    public async Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string ns, ListOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var limit = Limit(ct);
        using var response = await SendAsync(HttpMethod.Get, RequestPath.Of(type, ns, "").With(options), null, limit.Token);
        return ListReader.Read(type, await response.Content.ReadAsByteArrayAsync(limit.Token));
    }

    public async IAsyncEnumerable<KubeEvent<T>> WatchAsync<T>(ResourceType<T> type, string ns, WatchOptions options, [EnumeratorCancellation] CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var response = await SendAsync(HttpMethod.Get, RequestPath.Of(type, ns, "").With(options), null, ct);
        await using var body = await response.Content.ReadAsStreamAsync(ct);
        await foreach (var line in WatchLines.ReadAsync(body, ct))
            yield return WatchLines.Parse(type, line);
    }

    public Task<T> CreateAsync<T>(ResourceType<T> type, T obj, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        ExchangeAsync(type, HttpMethod.Post, RequestPath.Of(type, obj.Metadata.NamespaceProperty ?? "", "").With(Write), Json(Bytes(type, obj)), ct);

    public async Task CreateSubresourceAsync<T>(ResourceType<T> type, string ns, string name, string subresource, ReadOnlyMemory<byte> body, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var limit = Limit(ct);
        using var response = await SendAsync(HttpMethod.Post, RequestPath.Of(type, ns, name, subresource).With(Write), Json(body), limit.Token);
    }

    public Task<T> ReplaceAsync<T>(ResourceType<T> type, T obj, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        ExchangeAsync(
            type, HttpMethod.Put, RequestPath.Of(type, obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name, subresource).With(Write), Json(Bytes(type, obj)), ct);

    public Task<T> PatchAsync<T>(
        ResourceType<T> type, string ns, string name, PatchType patchType, ReadOnlyMemory<byte> patch, WriteOptions options, string subresource, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var named = options.FieldManager.Length == 0 ? options with { FieldManager = fieldManager } : options;
        return ExchangeAsync(type, HttpMethod.Patch, RequestPath.Of(type, ns, name, subresource).With(named), Content(patch, MediaType(patchType)), ct);
    }

    public async Task DeleteAsync<T>(ResourceType<T> type, string ns, string name, DeleteOptions options, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            using var limit = Limit(ct);
            using var response = await SendAsync(HttpMethod.Delete, RequestPath.Of(type, ns, name), Json(DeleteBody.Render(options)), limit.Token);
        }
        catch (StatusException absent) when (absent.IsNotFound(name))
        {
        }
    }

    public void Dispose() => http.Dispose();

    private WriteOptions Write => new() { FieldManager = fieldManager };

    private static string MediaType(PatchType type) => type switch
    {
        PatchType.Json => "application/json-patch+json",
        PatchType.Merge => "application/merge-patch+json",
        PatchType.StrategicMerge => "application/strategic-merge-patch+json",
        PatchType.ApplyYaml => "application/apply-patch+yaml",
    };

    private static ReadOnlyMemoryContent Json(ReadOnlyMemory<byte> body) => Content(body, "application/json");

    private static ReadOnlyMemoryContent Content(ReadOnlyMemory<byte> body, string mediaType)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return content;
    }

    private static byte[] Bytes<T>(ResourceType<T> type, T obj)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        obj.ApiVersion ??= type.ApiVersion;
        obj.Kind ??= type.Kind;
        return JsonSerializer.SerializeToUtf8Bytes(obj, type.Json);
    }

    private async Task<T> ExchangeAsync<T>(ResourceType<T> type, HttpMethod method, RequestPath path, HttpContent? content, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var limit = Limit(ct);
        using var response = await SendAsync(method, path, content, limit.Token);
        await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
        return await JsonSerializer.DeserializeAsync(body, type.Json, limit.Token) ?? throw new InvalidDataException($"{method} {path} was answered with JSON null");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, RequestPath path, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, connection.At(path.ToString()))
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue(fieldManager, "1"));
        connection.Authorize(request.Headers);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw new StatusException(StatusReader.Read((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(ct)));
    }

    private RequestLimit Limit(CancellationToken ct) => new(RequestTimeout, time, ct);

    private sealed class RequestLimit : IDisposable
    {
        private readonly CancellationTokenSource timer;
        private readonly CancellationTokenSource either;

        public RequestLimit(TimeSpan limit, TimeProvider time, CancellationToken ct)
        {
            timer = new CancellationTokenSource(limit, time);
            either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, ct);
        }

        public CancellationToken Token => either.Token;

        public void Dispose()
        {
            either.Dispose();
            timer.Dispose();
        }
    }
}

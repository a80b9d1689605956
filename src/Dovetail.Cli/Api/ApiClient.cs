using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Cli.Platform;
using Dovetail.Kubeconfig;

namespace Dovetail.Cli.Api;

/// <summary>What an API server answered.</summary>
/// <param name="Body">Null when it is no JSON object.</param>
/// <param name="Date">The server's clock, in whole seconds.</param>
internal sealed record ApiAnswer(HttpStatusCode Status, JsonObject? Body, DateTimeOffset? Date)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;
}

/// <summary>Reads from an API server as a user does, over HTTPS: the platform's own, or the one that a kubeconfig names.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly ClusterConnection connection;
    private readonly HttpClient http;

    private ApiClient(ClusterConnection connection)
    {
        this.connection = connection;
        http = new HttpClient(connection.CreateHandler()) { Timeout = TimeSpan.FromMinutes(5) };
    }

    /// <summary>The namespace that the kubeconfig's context names.</summary>
    public string Namespace => connection.Namespace;

    /// <param name="dataDir">The platform's folder; its admin's kubeconfig is used unless one is given.</param>
    /// <param name="kubeconfig">A kubeconfig file; null for the platform's, or else the one of the environment.</param>
    /// <exception cref="UserErrorException">There is none, or it cannot be used.</exception>
    public static ApiClient Open(string? dataDir, string? kubeconfig)
    {
        if (kubeconfig is null && DataDirectory.Find(dataDir) is { } data && File.Exists(data.Kubeconfig)) kubeconfig = data.Kubeconfig;
        try
        {
            return new(KubeconfigLoader.Load(new ConfigOverrides { Kubeconfig = kubeconfig }, Environment.GetEnvironmentVariable));
        }
        catch (KubeconfigException e)
        {
            throw new UserErrorException(e.Message, "Start the platform with dovetail up, or name a kubeconfig with --kubeconfig.");
        }
    }

    /// <summary>The answer to a GET; null when there is no such thing.</summary>
    /// <exception cref="UserErrorException">The server cannot be reached, or refuses; its own words.</exception>
    public async Task<JsonObject?> FindAsync(string path, string accept, CancellationToken ct)
    {
        var answer = await SendAsync(HttpMethod.Get, path, null, accept, ct);
        if (answer.Status == HttpStatusCode.NotFound) return null;
        if (answer.IsSuccess) return answer.Body ?? throw new UserErrorException($"{connection.At(path)} answered no JSON object", "Is this the address of an API server?");
        throw new UserErrorException(answer.Body?["message"]?.ToString() ?? $"{connection.At(path)} answered {(int)answer.Status}", "Nothing was changed.");
    }

    /// <summary>One request, whatever its answer.</summary>
    /// <param name="body">With its content type; null for none.</param>
    /// <exception cref="UserErrorException">The server cannot be reached.</exception>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, HttpContent? body, string accept, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, connection.At(path)) { Version = HttpVersion.Version20, Content = body };
        connection.Authorize(request.Headers);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("User-Agent", "dovetail");
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            await using var stream = await response.Content.ReadAsStreamAsync(ct);
            return new(response.StatusCode, await ReadAsync(stream, ct), response.Headers.Date);
        }
        catch (HttpRequestException e)
        {
            throw new UserErrorException($"the API server at {connection.Server} cannot be reached: {e.Message}", "Start the platform with dovetail up.");
        }
    }

    public Task<JsonObject?> FindAsync(string path, CancellationToken ct) => FindAsync(path, "application/json", ct);

    public void Dispose() => http.Dispose();

    private static async Task<JsonObject?> ReadAsync(Stream stream, CancellationToken ct)
    {
        try
        {
            return await JsonNode.ParseAsync(stream, cancellationToken: ct) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

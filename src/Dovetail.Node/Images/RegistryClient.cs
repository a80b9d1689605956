using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Dovetail.Node.Images;

/// <summary>A resolved manifest: its own digest (of the platform's manifest, not of the index) and its layers, lowest first.</summary>
internal sealed record ResolvedImage(string Digest, IReadOnlyList<Descriptor> Layers);

/// <summary>
/// Reads images by the OCI distribution specification 1.1, anonymously: manifests and indexes of OCI and Docker (schema 2), bearer tokens as asked for by <c>WWW-Authenticate</c>.
/// Everything is checked against its digest. Failures are <see cref="ImagePullException"/>.
/// </summary>
internal sealed class RegistryClient(HttpClient http)
{
    private const int MaxManifestBytes = 4 << 20;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);
    private static readonly string[] ManifestTypes =
    [
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    ];

    public async Task<ResolvedImage> ResolveAsync(ImageReference image, CancellationToken ct)
    {
        var (manifest, digest) = await ManifestAsync(image, image.Selector, ct);
        if (manifest.Manifests is { } platforms)
        {
            var wanted = Architecture();
            var known = platforms.FindAll(m => m?.IsWellFormed == true);
            var match = known.Find(m => m.Platform is { Os: "linux" } p && p.Architecture == wanted)
                ?? (known is [{ Platform: null } only] ? only : null)
                ?? throw new ImagePullException(PullFailure.NotFound, $"{image} has no manifest for linux/{wanted} in its index");
            (manifest, digest) = await ManifestAsync(image, match.Digest, ct);
        }

        if (manifest.Layers is not { Count: > 0 } layers) throw new ImagePullException(PullFailure.Garbage, $"the manifest of {image} lists no layers");
        var wrong = layers.FindIndex(layer => layer?.IsWellFormed != true);
        return wrong < 0
            ? new ResolvedImage(digest, layers)
            : throw new ImagePullException(PullFailure.Garbage, $"the manifest of {image} gives no digest or no size for layer {wrong}");
    }

    /// <summary>The blob's bytes, unchecked: the reader hashes them as it reads.</summary>
    public async Task<HttpResponseMessage> OpenBlobAsync(ImageReference image, Descriptor layer, CancellationToken ct) =>
        await SendAsync(image, $"{image.Repository}/blobs/{layer.Digest}", [], ct);

    private async Task<(ManifestDocument Manifest, string Digest)> ManifestAsync(ImageReference image, string selector, CancellationToken ct)
    {
        using var response = await SendAsync(image, $"{image.Repository}/manifests/{selector}", ManifestTypes, ct);
        var bytes = await ReadBoundedAsync(image, response, ct);
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (selector.StartsWith("sha256:", StringComparison.Ordinal) && selector != digest)
            throw new ImagePullException(PullFailure.Garbage, $"the manifest {selector} of {image} came with the digest {digest}");
        try
        {
            return (JsonSerializer.Deserialize(bytes, ImageJson.Default.ManifestDocument) ?? new ManifestDocument(), digest);
        }
        catch (JsonException e)
        {
            throw new ImagePullException(PullFailure.Garbage, $"the manifest of {image} is not JSON of an image manifest: {e.Message}", e);
        }
    }

    private async Task<byte[]> ReadBoundedAsync(ImageReference image, HttpResponseMessage response, CancellationToken ct)
    {
        using var limit = Limited(ct);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            using var kept = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (await body.ReadAsync(buffer, limit.Token) is > 0 and var read)
            {
                if (kept.Length + read > MaxManifestBytes) throw new ImagePullException(PullFailure.Garbage, $"the manifest of {image} is larger than {MaxManifestBytes} bytes");
                kept.Write(buffer, 0, read);
            }

            return kept.ToArray();
        }
        catch (Exception e) when (Unreachable(e, ct))
        {
            throw NoAnswer(image, e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ImageReference image, string path, string[] accept, CancellationToken ct)
    {
        var address = new Uri(image.BaseAddress, path);
        var response = await GetAsync(image, address, accept, token: null, ct);
        if (response.StatusCode == HttpStatusCode.Unauthorized && Challenge.Parse(response.Headers.WwwAuthenticate) is { } challenge)
        {
            response.Dispose();
            response = await GetAsync(image, address, accept, await TokenAsync(image, challenge, ct), ct);
        }

        if (response.IsSuccessStatusCode) return response;
        var status = (int)response.StatusCode;
        response.Dispose();
        throw status switch
        {
            404 => new ImagePullException(PullFailure.NotFound, $"{image} is not in the registry {image.Registry} (404)"),
            401 or 403 => new ImagePullException(PullFailure.Unauthorized, $"the registry {image.Registry} refuses {image} ({status}); it is private, or it does not exist"),
            >= 500 or 429 => new ImagePullException(PullFailure.Unreachable, $"the registry {image.Registry} answers {status} for {image}"),
            _ => new ImagePullException(PullFailure.Garbage, $"the registry {image.Registry} answers {status} for {image}"),
        };
    }

    private async Task<HttpResponseMessage> GetAsync(ImageReference image, Uri address, string[] accept, string? token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        foreach (var type in accept) request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var limit = Limited(ct);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception e) when (Unreachable(e, ct))
        {
            throw NoAnswer(image, e);
        }
    }

    private async Task<string> TokenAsync(ImageReference image, Challenge challenge, CancellationToken ct)
    {
        var scope = challenge.Scope ?? $"repository:{image.Repository}:pull";
        var address = new UriBuilder(challenge.Realm) { Query = $"service={Uri.EscapeDataString(challenge.Service ?? "")}&scope={Uri.EscapeDataString(scope)}" }.Uri;
        using var response = await GetAsync(image, address, [], token: null, ct);
        if (!response.IsSuccessStatusCode)
            throw new ImagePullException(PullFailure.Unauthorized, $"{address.Host} gives no token to read {image} ({(int)response.StatusCode})");
        try
        {
            var token = JsonSerializer.Deserialize(await ReadBoundedAsync(image, response, ct), ImageJson.Default.TokenDocument);
            return token?.Token ?? token?.AccessToken ?? throw new ImagePullException(PullFailure.Garbage, $"{address.Host} answers without a token for {image}");
        }
        catch (JsonException e)
        {
            throw new ImagePullException(PullFailure.Garbage, $"{address.Host} answers garbage in place of a token for {image}", e);
        }
    }

    private CancellationTokenSource Limited(CancellationToken ct)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(AnswerLimit);
        return limit;
    }

    private static bool Unreachable(Exception e, CancellationToken ct) =>
        e is HttpRequestException or IOException and not ImagePullException || e is OperationCanceledException && !ct.IsCancellationRequested;

    private static ImagePullException NoAnswer(ImageReference image, Exception e) =>
        new(PullFailure.Unreachable, e is OperationCanceledException
            ? $"the registry {image.Registry} does not answer within {AnswerLimit.TotalSeconds:0} s"
            : $"the registry {image.Registry} cannot be reached: {e.Message}", e);

    private static string Architecture() => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };
}

/// <summary>A bearer challenge: <c>Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull"</c>.</summary>
internal sealed record Challenge(Uri Realm, string? Service, string? Scope)
{
    public static Challenge? Parse(IEnumerable<AuthenticationHeaderValue> headers)
    {
        var bearer = headers.FirstOrDefault(h => h.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))?.Parameter;
        if (bearer is null) return null;
        var realm = Value(bearer, "realm");
        return Uri.TryCreate(realm, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? new Challenge(address, Value(bearer, "service"), Value(bearer, "scope")) : null;
    }

    private static string? Value(string parameters, string name)
    {
        var start = parameters.IndexOf(name + "=\"", StringComparison.OrdinalIgnoreCase);
        if (start < 0) return null;
        start += name.Length + 2;
        var end = parameters.IndexOf('"', start);
        return end < 0 ? null : parameters[start..end];
    }
}

using System.Net;
using System.Net.Http.Headers;

namespace Dovetail.Cli.Images;

/// <summary>Pushes an image to a registry over plain HTTP on loopback (OCI distribution specification 1.1, "Pushing").</summary>
internal sealed class RegistryPush(int port) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromMinutes(10) };

    /// <summary>The reference under which manifests name the image.</summary>
    public string Reference(string name) => $"127.0.0.1:{port}/{Repository(name)}:latest";

    /// <summary>Uploads what the registry lacks, then points the tag at it; doing it again changes nothing.</summary>
    public async Task PushAsync(OciImage image, string name, CancellationToken ct)
    {
        foreach (var blob in new[] { image.Config, image.Layer }) await PushBlobAsync(blob, Repository(name), ct);
        using var manifest = new ByteArrayContent(await File.ReadAllBytesAsync(image.Manifest, ct));
        manifest.Headers.ContentType = new MediaTypeHeaderValue(OciImage.ManifestType);
        using var answer = await _http.PutAsync(new Uri($"v2/{Repository(name)}/manifests/latest", UriKind.Relative), manifest, ct);
        await CheckAsync(answer, $"the manifest of {name}", ct);
    }

    public void Dispose() => _http.Dispose();

    private static string Repository(string name) => $"dovetail/{name}";

    private async Task PushBlobAsync(string path, string repository, CancellationToken ct)
    {
        var digest = await OciImage.DigestAsync(path, ct);
        using var head = new HttpRequestMessage(HttpMethod.Head, $"v2/{repository}/blobs/{digest}");
        using (var there = await _http.SendAsync(head, ct))
        {
            if (there.StatusCode == HttpStatusCode.OK) return;
        }

        using var opened = await _http.PostAsync(new Uri($"v2/{repository}/blobs/uploads/", UriKind.Relative), null, ct);
        await CheckAsync(opened, $"an upload to {repository}", ct);
        var location = opened.Headers.Location ?? throw new IOException("the registry opened an upload without saying where");
        var target = new UriBuilder(location.IsAbsoluteUri ? location : new Uri(_http.BaseAddress!, location));
        target.Query = $"{target.Query.TrimStart('?')}&digest={Uri.EscapeDataString(digest)}".TrimStart('&');
        await using var file = File.OpenRead(path);
        using var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var stored = await _http.PutAsync(target.Uri, content, ct);
        await CheckAsync(stored, $"a blob of {repository}", ct);
    }

    private static async Task CheckAsync(HttpResponseMessage answer, string what, CancellationToken ct)
    {
        if (answer.IsSuccessStatusCode) return;
        var said = await answer.Content.ReadAsStringAsync(ct);
        throw new IOException($"the registry refused {what}: {(int)answer.StatusCode} {said[..Math.Min(said.Length, 500)]}");
    }
}

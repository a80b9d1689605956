using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>What a registry does to those who ask it for an image.</summary>
internal enum Mischief
{
    /// <summary>It answers with a web page.</summary>
    WebPage,

    /// <summary>It gives an image whose disk is no disk.</summary>
    NoDiskImage,

    /// <summary>It begins a layer and says nothing more.</summary>
    Silence,

    /// <summary>It sends everybody on to the platform's own registry, for the tiny guest.</summary>
    None,
}

/// <summary>A registry on loopback that behaves as a test says, by repository: <c>127.0.0.1:port/NAME</c>.</summary>
internal sealed class HostileRegistry : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentDictionary<string, Mischief> moods = new();
    private readonly byte[] layer = Layer();
    private readonly string honest;
    private readonly Task serving;

    public HostileRegistry(TestPlatform platform)
    {
        honest = $"http://127.0.0.1:{platform.RegistryPort}/v2/dovetail/tiny";
        Host = $"127.0.0.1:{TestPlatform.FreePort()}";
        listener.Prefixes.Add($"http://{Host}/");
        listener.Start();
        serving = ServeAsync();
    }

    public string Host { get; }

    /// <summary>Sets what the repository does from now on, and returns the image's name.</summary>
    public string Image(string repository, Mischief mood)
    {
        moods[repository] = mood;
        return $"{Host}/{repository}";
    }

    public async ValueTask DisposeAsync()
    {
        listener.Abort();
        await serving;
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                _ = AnswerAsync(await listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            var parts = context.Request.Url!.AbsolutePath.Split('/'); // "", v2, repository, manifests or blobs, reference
            await AnswerAsync(context.Response, parts[2], isManifest: parts[3] == "manifests", string.Join('/', parts[3..]));
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The client has gone away.
        }
    }

    private async Task AnswerAsync(HttpListenerResponse response, string repository, bool isManifest, string rest)
    {
        switch (moods[repository])
        {
            case Mischief.WebPage:
                await SendAsync(response, "text/html", "<html>It works!</html>"u8.ToArray());
                break;
            case Mischief.None:
                response.Redirect($"{honest}/{rest}");
                response.Close();
                break;
            case var _ when isManifest:
                await SendAsync(response, "application/vnd.oci.image.manifest.v1+json", Manifest(repository));
                break;
            case Mischief.NoDiskImage:
                await SendAsync(response, "application/octet-stream", layer);
                break;
            default:
                response.ContentLength64 = layer.Length;
                await response.OutputStream.WriteAsync(layer.AsMemory(0, 100));
                await response.OutputStream.FlushAsync(); // and never closed: the client waits for the rest
                break;
        }
    }

    private static async Task SendAsync(HttpListenerResponse response, string type, byte[] body)
    {
        (response.ContentType, response.ContentLength64) = (type, body.Length);
        await response.OutputStream.WriteAsync(body);
        response.Close();
    }

    /// <summary>Each repository's has a digest of its own: what one gave must not stand in for what another withholds.</summary>
    private byte[] Manifest(string repository) => Encoding.UTF8.GetBytes(
        $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:{{Convert.ToHexStringLower(SHA256.HashData(layer))}}","size":{{layer.Length}}}],"annotations":{"repository":"{{repository}}" } }""");

    private static byte[] Layer()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "disk/disk.img") { DataStream = new MemoryStream("hello"u8.ToArray()) });
        return bytes.ToArray();
    }
}

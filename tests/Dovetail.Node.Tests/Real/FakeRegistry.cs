using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dovetail.Node.Tests.Real;

/// <summary>A registry on loopback whose answers a test chooses; counts what it is asked.</summary>
internal sealed class FakeRegistry : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int blobs;

    private FakeRegistry(WebApplication app) => this.app = app;

    public Dictionary<string, (string Type, byte[] Bytes)> Answers { get; } = [];

    /// <summary>Set: every request needs this bearer token, which /token gives.</summary>
    public string? Token { get; set; }

    /// <summary>Set: blobs wait for it.</summary>
    public Task? BlobGate { get; set; }

    public int BlobsAsked => blobs;

    /// <summary>Until a blob has been asked for.</summary>
    public Task BlobAskedAsync() => asked.Task;

    public string Host { get; private set; } = "";

    public static async Task<FakeRegistry> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var registry = new FakeRegistry(builder.Build());
        registry.app.Run(registry.AnswerAsync);
        await registry.app.StartAsync();
        registry.Host = new Uri(registry.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Authority;
        return registry;
    }

    /// <summary>An image with these files, as one gzip layer; returns its manifest's digest.</summary>
    public string Push(string repository, string tag, params (string Path, string Content)[] files) => Push(repository, tag, "tar+gzip", Layer(files));

    /// <summary>An image of one layer; <paramref name="form"/> is the end of its media type: <c>tar</c> or <c>tar+gzip</c>.</summary>
    public string Push(string repository, string tag, string form, byte[] layer)
    {
        Answers[$"/v2/{repository}/blobs/{Digest(layer)}"] = ("application/octet-stream", layer);
        var manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{Digest([])}}","size":0},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.{{form}}","digest":"{{Digest(layer)}}","size":{{layer.Length}}}]}""");
        foreach (var selector in new[] { tag, Digest(manifest) }) Answers[$"/v2/{repository}/manifests/{selector}"] = ("application/vnd.oci.image.manifest.v1+json", manifest);
        return Digest(manifest);
    }

    public static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static byte[] Layer(params (string Path, string Content)[] files)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(Tar(files));
        return bytes.ToArray();
    }

    public static byte[] Tar(params (string Path, string Content)[] files)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, leaveOpen: true))
        {
            foreach (var (path, content) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }

        return bytes.ToArray();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/token")
        {
            await context.Response.WriteAsync($$"""{"token":"{{Token}}"}""");
            return;
        }

        if (Token is not null && context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = 401;
            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{Host}/token\",service=\"fake\"";
            return;
        }

        if (!Answers.TryGetValue(path, out var answer))
        {
            context.Response.StatusCode = 404;
            return;
        }

        context.Response.ContentType = answer.Type;
        if (path.Contains("/blobs/"))
        {
            Interlocked.Increment(ref blobs);
            asked.TrySetResult();
            if (BlobGate is not null) await BlobGate;
        }

        await context.Response.Body.WriteAsync(answer.Bytes);
    }
}

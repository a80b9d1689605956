using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dovetail.Node.Host;

namespace Dovetail.Node.Images;

/// <summary>A disk of an image on this node: read-only, world-readable, shared by every guest that starts from it.</summary>
internal sealed record ImageDisk(string Reference, string Digest, string Path);

/// <summary>
/// The node's cache of container disks, by content: <c>disks/&lt;manifest digest&gt;[-&lt;path&gt;]/disk.img</c>, made in a folder beside and renamed, and <c>tags/</c>, which remembers what a tag
/// stood for, so that a cached image starts while its registry is down. Pulls of the same image at once are one pull, which ends when nobody waits for it any more.
/// </summary>
internal sealed class ImageStore(NodePaths paths, RegistryClient registry, long maxBytes, TimeProvider time)
{
    private const string DefaultFolder = "disk";
    private readonly SharedWork<ImageDisk> pulls = new();

    private string Disks => $"{paths.Images}/disks";

    private string Tags => $"{paths.Images}/tags";

    private string Partial => $"{paths.Images}/partial";

    /// <summary>Removes what a killed agent left half-pulled.</summary>
    public void Open()
    {
        DurableFile.RemoveTree(Partial);
        foreach (var folder in new[] { Disks, Tags, Partial }) Directory.CreateDirectory(folder);
    }

    /// <summary>The disk at <paramref name="path"/> of the image ("": the only file in /disk), pulled when the policy (Always, IfNotPresent, Never) asks for it.
    /// Throws <see cref="ImagePullException"/>.</summary>
    public Task<ImageDisk> EnsureAsync(string image, string path, string policy, CancellationToken ct)
    {
        if (ImageReference.TryParse(image) is not { } reference) throw new ImagePullException(PullFailure.InvalidName, $"\"{image}\" is not an image name");
        if (policy != "Always" && Cached(reference, path) is { } cached) return Task.FromResult(cached);
        if (policy == "Never") throw new ImagePullException(PullFailure.NeverPull, $"{image} is not on this node, and the pull policy is Never");
        return pulls.JoinAsync($"{reference}|{path}", token => PullAsync(reference, path, token), ct);
    }

    /// <summary>Removes disks that no sandbox uses and that were last used before the given age; all unused ones with zero.</summary>
    public void Collect(IReadOnlySet<string> inUse, TimeSpan age)
    {
        var oldest = time.GetUtcNow() - age;
        foreach (var folder in Directory.EnumerateDirectories(Disks))
        {
            if (inUse.Contains($"{folder}/disk.img") || Directory.GetLastWriteTimeUtc(folder) > oldest.UtcDateTime) continue;

            // Renamed first: a disk is whole or not there, also when this is interrupted.
            var doomed = $"{Partial}/{Path.GetFileName(folder)}.gone";
            Directory.Move(folder, doomed);
            DurableFile.RemoveTree(doomed);
        }
    }

    private ImageDisk? Cached(ImageReference reference, string path)
    {
        var digest = reference.Digest ?? KnownTag(reference)?.Digest;
        return digest is null ? null : Complete(reference, digest, path);
    }

    private ImageDisk? Complete(ImageReference reference, string digest, string path)
    {
        var folder = Folder(digest, path);
        if (!File.Exists($"{folder}/disk.json")) return null;
        Directory.SetLastWriteTimeUtc(folder, time.GetUtcNow().UtcDateTime);
        return new ImageDisk(reference.ToString(), digest, $"{folder}/disk.img");
    }

    private async Task<ImageDisk> PullAsync(ImageReference reference, string path, CancellationToken ct)
    {
        var resolved = await registry.ResolveAsync(reference, ct);
        RememberTag(reference, resolved.Digest);
        if (Complete(reference, resolved.Digest, path) is { } cached) return cached;

        var folder = $"{Partial}/{Guid.NewGuid():N}";
        var files = Directory.CreateDirectory($"{folder}/files").FullName;
        try
        {
            var wanted = path.Length == 0 ? DefaultFolder : Path.GetDirectoryName(path.TrimStart('/')) ?? "";
            var extractor = new LayerExtractor(reference.ToString(), wanted, files, maxBytes);
            foreach (var layer in resolved.Layers) await ReadLayerAsync(reference, layer, extractor, ct);
            Publish(reference, resolved.Digest, path, files, folder);
        }
        finally
        {
            DurableFile.RemoveTree(folder);
        }

        return Complete(reference, resolved.Digest, path) ?? throw new IOException($"the disk of {reference} is not in the cache after its pull");
    }

    private async Task ReadLayerAsync(ImageReference reference, Descriptor layer, LayerExtractor extractor, CancellationToken ct)
    {
        using var response = await registry.OpenBlobAsync(reference, layer, ct);
        try
        {
            await using var body = new StallGuard(await response.Content.ReadAsStreamAsync(ct), time);
            await extractor.ReadLayerAsync(body, layer, ct);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or TimeoutException)
        {
            throw new ImagePullException(PullFailure.Unreachable, $"the registry {reference.Registry} broke off while it sent {layer.Digest} of {reference}: {e.Message}", e);
        }
    }

    private void Publish(ImageReference reference, string digest, string path, string files, string folder)
    {
        var wantedName = Path.GetFileName(path);
        var found = Directory.GetFiles(files).Where(file => wantedName.Length == 0 || Path.GetFileName(file) == wantedName).ToArray();
        if (found.Length != 1)
        {
            var where = path.Length == 0 ? "one file in /disk" : $"the file {path}";
            var has = found.Length == 0 ? "there is none" : "there are several: " + string.Join(", ", found.Select(Path.GetFileName).Order());
            throw new ImagePullException(PullFailure.NoDisk, $"{reference} is no container disk: {where} is expected, {has}");
        }

        var ready = Directory.CreateDirectory($"{folder}/ready").FullName;
        File.Move(found[0], $"{ready}/disk.img");
        File.SetUnixFileMode($"{ready}/disk.img", UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var disk = new CachedDisk { Digest = digest, SourcePath = path.Length == 0 ? $"/disk/{Path.GetFileName(found[0])}" : path, Bytes = new FileInfo($"{ready}/disk.img").Length };
        DurableFile.Write($"{ready}/disk.json", JsonSerializer.SerializeToUtf8Bytes(disk, ImageJson.Default.CachedDisk));
        if (!Directory.Exists(Folder(digest, path))) Directory.Move(ready, Folder(digest, path));
    }

    private TagRecord? KnownTag(ImageReference reference) =>
        DurableFile.Read(TagFile(reference)) is { } bytes ? JsonSerializer.Deserialize(bytes, ImageJson.Default.TagRecord) : null;

    private void RememberTag(ImageReference reference, string digest) =>
        DurableFile.Write(TagFile(reference), JsonSerializer.SerializeToUtf8Bytes(new TagRecord(reference.ToString(), digest), ImageJson.Default.TagRecord));

    private string TagFile(ImageReference reference) => $"{Tags}/{Hash(reference.ToString())}.json";

    private string Folder(string digest, string path) => $"{Disks}/{digest["sha256:".Length..]}{(path.Length == 0 ? "" : "-" + Hash(path)[..16])}";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

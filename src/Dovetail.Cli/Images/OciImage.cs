using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Dovetail.Cli.Images;

/// <summary>An image as it lies in a folder: <c>manifest.json</c>, <c>config.json</c> and <c>layer.tar.gz</c> (OCI image specification 1.1). Same input, same bytes.</summary>
internal sealed class OciImage(string folder)
{
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";
    private const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
    private static readonly DateTimeOffset Epoch = DateTimeOffset.UnixEpoch;

    public string Manifest => Path.Combine(folder, "manifest.json");

    public string Config => Path.Combine(folder, "config.json");

    public string Layer => Path.Combine(folder, "layer.tar.gz");

    public bool IsComplete => File.Exists(Manifest);

    /// <summary>A containerDisk: one layer that holds the disk under <c>/disk</c>, readable by everybody.</summary>
    public static async Task<OciImage> PackDiskAsync(string disk, string folder, CancellationToken ct)
    {
        var image = new OciImage(folder);
        // A qcow2 from a recipe is compressed already.
        await image.PackAsync(CompressionLevel.Fastest, new JsonObject(), async tar =>
        {
            await tar.WriteEntryAsync(Entry(TarEntryType.Directory, "disk/", Modes.Folder), ct);
            await using var content = File.OpenRead(disk);
            var entry = Entry(TarEntryType.RegularFile, "disk/disk.qcow2", Modes.ReadOnly);
            entry.DataStream = content;
            await tar.WriteEntryAsync(entry, ct);
        }, ct);
        return image;
    }

    /// <summary>A container image of one layer: a root file system, owned by root, and the configuration's <c>config</c> part.</summary>
    public static async Task<OciImage> PackRootAsync(string root, JsonObject config, string folder, CancellationToken ct)
    {
        var image = new OciImage(folder);
        await image.PackAsync(CompressionLevel.Optimal, config, async tar =>
        {
            foreach (var path in Directory.EnumerateFileSystemEntries(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Order(StringComparer.Ordinal))
                await WriteAsync(tar, root, path, ct);
        }, ct);
        return image;
    }

    private static async Task WriteAsync(TarWriter tar, string root, string path, CancellationToken ct)
    {
        var name = Path.GetRelativePath(root, path);
        var info = new FileInfo(path);
        if (info.LinkTarget is { } target)
        {
            var link = Entry(TarEntryType.SymbolicLink, name, Modes.All);
            link.LinkName = target;
            await tar.WriteEntryAsync(link, ct);
        }
        else if (Directory.Exists(path))
        {
            await tar.WriteEntryAsync(Entry(TarEntryType.Directory, name + "/", File.GetUnixFileMode(path)), ct);
        }
        else
        {
            await using var content = File.OpenRead(path);
            var entry = Entry(TarEntryType.RegularFile, name, File.GetUnixFileMode(path));
            entry.DataStream = content;
            await tar.WriteEntryAsync(entry, ct);
        }
    }

    private async Task PackAsync(CompressionLevel level, JsonObject config, Func<TarWriter, Task> fill, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        string contentDigest;
        await using (var file = File.Create(Layer))
        await using (var gzip = new GZipStream(file, level))
        await using (var hashed = new HashingStream(gzip))
        {
            await using (var tar = new TarWriter(hashed, TarEntryFormat.Ustar, leaveOpen: true)) await fill(tar);
            contentDigest = hashed.Digest();
        }

        var configuration = new JsonObject
        {
            ["architecture"] = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64",
            ["os"] = "linux",
            ["config"] = config,
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(contentDigest) },
        };
        await File.WriteAllTextAsync(Config, configuration.ToJsonString(), ct);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = await DescribeAsync(Config, ConfigType, ct),
            ["layers"] = new JsonArray(await DescribeAsync(Layer, LayerType, ct)),
        };
        await File.WriteAllTextAsync(Manifest, manifest.ToJsonString(), ct); // Last: its presence says that the image is whole.
    }

    public static async Task<string> DigestAsync(string path, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        return "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct));
    }

    private static async Task<JsonObject> DescribeAsync(string path, string mediaType, CancellationToken ct) =>
        new() { ["mediaType"] = mediaType, ["digest"] = await DigestAsync(path, ct), ["size"] = new FileInfo(path).Length };

    private static UstarTarEntry Entry(TarEntryType type, string name, UnixFileMode mode) => new(type, name) { ModificationTime = Epoch, Mode = mode, Uid = 0, Gid = 0 };

    private static class Modes
    {
        public const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        public const UnixFileMode Folder = ReadOnly | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        public const UnixFileMode All = Folder | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    }

    /// <summary>Passes bytes on and keeps their hash: the digest of the uncompressed layer.</summary>
    private sealed class HashingStream(Stream inner) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException("a layer is written once, forward");

        public override long Position
        {
            get => throw new NotSupportedException("a layer is written once, forward");
            set => throw new NotSupportedException("a layer is written once, forward");
        }

        public string Digest() => "sha256:" + Convert.ToHexStringLower(_hash.GetHashAndReset());

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.AppendData(buffer);
            inner.Write(buffer);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _hash.AppendData(buffer.Span);
            await inner.WriteAsync(buffer, cancellationToken);
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("a layer is written once, forward");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a layer is written once, forward");

        public override void SetLength(long value) => throw new NotSupportedException("a layer is written once, forward");

        protected override void Dispose(bool disposing)
        {
            if (disposing) _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}

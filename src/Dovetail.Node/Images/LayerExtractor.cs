using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Dovetail.Node.Images;

/// <summary>Takes disk files out of image layers as they stream in: nothing but the wanted files touches the disk, and the digest covers every byte that came.</summary>
internal sealed class LayerExtractor(string image, string wantedFolder, string into, long maxBytes)
{
    private const string Whiteout = ".wh.";

    /// <summary>The folder beside which this pull's own, of a name that says nothing, is made.</summary>
    private string? Cache => Path.GetDirectoryName(Path.GetDirectoryName(into));

    /// <summary>Reads one layer; a file of a later layer replaces or hides that of an earlier one. Files keep their base name.</summary>
    public async Task ReadLayerAsync(Stream blob, Descriptor layer, CancellationToken ct)
    {
        if (layer.MediaType.EndsWith("zstd", StringComparison.Ordinal))
            throw new ImagePullException(PullFailure.Garbage, $"a layer of {image} is compressed with zstd, which is not supported: push the image with gzip layers");

        if (layer.Size > maxBytes) throw new ImagePullException(PullFailure.TooLarge, $"a layer of {image} has {layer.Size} bytes; at most {maxBytes} are taken");
        await using var hashed = new HashingStream(blob, layer.Size, image);
        try
        {
            if (layer.MediaType.EndsWith("gzip", StringComparison.Ordinal))
            {
                await using var plain = new GZipStream(hashed, CompressionMode.Decompress, leaveOpen: true);
                await ReadTarAsync(plain, ct);
            }
            else
            {
                await ReadTarAsync(hashed, ct);
            }

            // The digest covers what follows the archive's end as well.
            await hashed.CopyToAsync(Stream.Null, ct);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new ImagePullException(PullFailure.Garbage, $"the layer {layer.Digest} of {image} is not a readable archive: {e.Message}", e);
        }

        if (hashed.Digest != layer.Digest) throw new ImagePullException(PullFailure.Garbage, $"the layer {layer.Digest} of {image} came with the digest {hashed.Digest}");
    }

    private async Task ReadTarAsync(Stream plain, CancellationToken ct)
    {
        await using var tar = new TarReader(plain, leaveOpen: true);
        while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
        {
            var path = entry.Name.TrimStart('.', '/').TrimEnd('/');
            if (Path.GetDirectoryName(path) != wantedFolder) continue;
            var name = Path.GetFileName(path);
            if (name.StartsWith(Whiteout, StringComparison.Ordinal)) Hide(name[Whiteout.Length..]);
            else if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile) await WriteAsync(entry, name, ct);
            else if (entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink)
                throw new ImagePullException(PullFailure.NoDisk, $"/{path} in {image} is a link: the disk has to be a file of its own");
        }
    }

    private void Hide(string name)
    {
        // ".wh..wh..opq": everything of the lower layers in this folder is hidden.
        foreach (var file in name == ".wh..opq" ? Directory.EnumerateFiles(into) : [Path.Combine(into, name)]) File.Delete(file);
    }

    private async Task WriteAsync(TarEntry entry, string name, CancellationToken ct)
    {
        if (entry.Length > maxBytes) throw new ImagePullException(PullFailure.TooLarge, $"/{entry.Name} in {image} has {entry.Length} bytes; at most {maxBytes} are taken");
        if (new DriveInfo(into).AvailableFreeSpace < entry.Length + MinimumFree)
            throw new ImagePullException(PullFailure.NoSpace, $"/{entry.Name} in {image} has {entry.Length >> 20} MiB, and {Cache} has only {new DriveInfo(into).AvailableFreeSpace >> 20} MiB free, of which {MinimumFree >> 20} are for guests");
        await using var file = new FileStream(Path.Combine(into, name), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        try
        {
            if (entry.DataStream is { } data) await data.CopyToAsync(file, 1 << 20, ct);
            file.Flush(flushToDisk: true);
        }
        catch (IOException e) when (e.HResult == NoSpaceLeft)
        {
            throw new ImagePullException(PullFailure.NoSpace, $"no space left in {Cache} for /{entry.Name} of {image}", e);
        }
    }

    /// <summary>Room that a pull leaves for the guests: 256 MiB.</summary>
    private const long MinimumFree = 256L << 20;
    private const int NoSpaceLeft = 28;
}

/// <summary>Counts and hashes what is read from a layer; one that goes on beyond the size in its manifest is cut off.</summary>
internal sealed class HashingStream(Stream inner, long size, string image) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long total;

    public string Digest => "sha256:" + Convert.ToHexStringLower(hash.GetCurrentHash());

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => total; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(buffer, await inner.ReadAsync(buffer, cancellationToken));

    public override int Read(byte[] buffer, int offset, int count) => Count(buffer.AsMemory(offset), inner.Read(buffer, offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) hash.Dispose();
        base.Dispose(disposing);
    }

    private int Count(ReadOnlyMemory<byte> buffer, int read)
    {
        hash.AppendData(buffer.Span[..read]);
        total += read;
        return total <= size ? read : throw new ImagePullException(PullFailure.Garbage, $"a layer of {image} is longer than the {size} bytes that its manifest says");
    }
}

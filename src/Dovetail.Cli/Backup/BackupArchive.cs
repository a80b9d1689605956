using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Dovetail.Cli.Backup;

/// <summary>A backup as one file: a gzipped tar whose first entry is the manifest with every file's size and checksum.</summary>
internal static class BackupArchive
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the archive beside its place, and puts it there when all of it is on disk.</summary>
    /// <param name="path">Where it goes; what is there is replaced.</param>
    /// <param name="manifest">Made from the files; see <see cref="DescribeAsync"/>.</param>
    /// <param name="folder">The folder that the manifest's paths are in.</param>
    public static async Task WriteAsync(string path, BackupManifest manifest, string folder, CancellationToken ct)
    {
        var partial = path + ".partial";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private };
            await using (var file = new FileStream(partial, options))
            {
                await using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
                await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
                {
                    await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, BackupManifest.EntryName) { DataStream = new MemoryStream(manifest.ToJson()), Mode = Private }, ct);
                    foreach (var one in manifest.Files)
                    {
                        await using var content = File.OpenRead(Path.Combine(folder, one.Path));
                        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, one.Path) { DataStream = content, Mode = Private }, ct);
                    }
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>Sizes and checksums of the files below a folder, in order of their names.</summary>
    public static async Task<ImmutableArray<BackupFile>> DescribeAsync(string folder, CancellationToken ct)
    {
        var files = ImmutableArray.CreateBuilder<BackupFile>();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            await using var stream = File.OpenRead(file);
            files.Add(new(Path.GetRelativePath(folder, file), stream.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct))));
        }

        return files.DrainToImmutable();
    }

    /// <summary>Unpacks into a folder that is empty and checks every file.</summary>
    /// <exception cref="InvalidDataException">It is no backup, a newer one, cut short or damaged; the message says which.</exception>
    public static async Task<BackupManifest> ReadAsync(string path, string folder, CancellationToken ct)
    {
        try
        {
            await using var file = File.OpenRead(path);
            await using var gzip = new GZipStream(file, CompressionMode.Decompress);
            await using var tar = new TarReader(gzip);
            if (await tar.GetNextEntryAsync(copyData: false, ct) is not { Name: BackupManifest.EntryName, DataStream: { } first }) throw new InvalidDataException("it is no backup of Dovetail's: its first entry is no manifest");
            using var text = new MemoryStream();
            await first.CopyToAsync(text, ct);
            var manifest = BackupManifest.Parse(text.ToArray());
            foreach (var expected in manifest.Files)
            {
                var entry = await tar.GetNextEntryAsync(copyData: false, ct) ?? throw new InvalidDataException($"it is cut short: {expected.Path} is missing");
                if (entry.Name != expected.Path) throw new InvalidDataException($"it holds {entry.Name} where its manifest names {expected.Path}");
                await UnpackAsync(entry, expected, folder, ct);
            }

            return manifest;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException("it is cut short or damaged", e);
        }
    }

    private static async Task UnpackAsync(TarEntry entry, BackupFile expected, string folder, CancellationToken ct)
    {
        var target = Path.GetFullPath(Path.Combine(folder, expected.Path));
        if (!target.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) || entry.EntryType != TarEntryType.RegularFile)
            throw new InvalidDataException($"it holds {expected.Path}, which does not belong into a data folder");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!, Private | UnixFileMode.UserExecute);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(target, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private });
        var buffer = new byte[1 << 16];
        while (entry.DataStream is { } data && await data.ReadAsync(buffer, ct) is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        if (file.Length != expected.Size || Convert.ToHexStringLower(hash.GetHashAndReset()) != expected.Sha256) throw new InvalidDataException($"{expected.Path} in it is cut short or damaged: its checksum is not the manifest's");
        file.Flush(flushToDisk: true);
    }
}

using System.Globalization;
using Dovetail.Cli.Commands;
using Dovetail.Cli.Platform;
using Dovetail.Store.Sqlite;

namespace Dovetail.Cli.Backup;

/// <summary><c>dovetail backup</c> and <c>dovetail restore</c>: all objects with their history, the certificates and keys, and the settings. Guests' disks and images are no part of it.</summary>
internal sealed class BackupCommand(TimeProvider time, TextWriter output)
{
    /// <summary>What is large, and found or made anew when it is missing.</summary>
    private static readonly string[] Caches = ["images", "tools"];

    /// <summary>While the platform runs, or not.</summary>
    public async Task<int> BackupAsync(string? dataDir, string path, CancellationToken ct)
    {
        var data = Present(dataDir);
        var target = Path.GetFullPath(path);
        var folder = Directory.CreateTempSubdirectory("dovetail-backup-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "store"));
            var revision = StoreBackup.Copy(data.Database, Path.Combine(folder, "store", "dovetail.db"));
            File.Copy(data.Settings, Path.Combine(folder, "settings.json"));
            Directory.CreateDirectory(Path.Combine(folder, "pki"));
            foreach (var file in Directory.EnumerateFiles(data.Pki)) File.Copy(file, Path.Combine(folder, "pki", Path.GetFileName(file)));
            var created = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            var manifest = new BackupManifest(BackupManifest.CurrentFormat, StatusCommand.Version, created, revision, await BackupArchive.DescribeAsync(folder, ct));
            await BackupArchive.WriteAsync(target, manifest, folder, ct);
            await output.WriteLineAsync($"{target}: everything up to revision {revision}, {new FileInfo(target).Length / 1024} KiB. It holds keys and secrets: keep it like them.");
            return 0;
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException($"no backup was made: {e.Message}", "The data folder's disk may be failing; copy it while it can be read.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Builds the data folder beside its place and moves it there as a whole; a folder that is there is kept under another name.</summary>
    public async Task<int> RestoreAsync(string? dataDir, string path, bool replace, CancellationToken ct)
    {
        var root = DataDirectory.Resolve(dataDir);
        RequireFree(root, dataDir, replace);
        var fresh = root + ".restoring";
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        Directory.CreateDirectory(fresh, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            var manifest = await BackupArchive.ReadAsync(Path.GetFullPath(path), fresh, ct);
            var revision = StoreBackup.Verify(Path.Combine(fresh, "store", "dovetail.db"));
            if (revision != manifest.Revision) throw new InvalidDataException($"its database ends at revision {revision}, its manifest says {manifest.Revision}");
            var kept = Swap(root, fresh);
            await output.WriteLineAsync($"{root} is as it was at {manifest.Created}, revision {manifest.Revision}.{(kept is null ? "" : $" What was there is in {kept}.")} Start it with dovetail up.");
            return 0;
        }
        catch (Exception e) when (e is InvalidDataException or StoreFormatException)
        {
            throw new UserErrorException($"{path} cannot be restored: {e.Message}", "Nothing was changed.");
        }
        finally
        {
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }
    }

    private static DataDirectory Present(string? dataDir) =>
        DataDirectory.Find(dataDir) is { } data && File.Exists(data.Database) && File.Exists(data.Settings)
            ? data
            : throw new UserErrorException($"there is no platform in {DataDirectory.Resolve(dataDir)}", "Name its folder with --data-dir.");

    private static void RequireFree(string root, string? dataDir, bool replace)
    {
        if (DataDirectory.FindOfAnyFormat(dataDir) is { } data && (File.Exists(data.Wanted) || StoreBackup.IsInUse(data.Database)))
            throw new UserErrorException($"the platform in {root} runs", "Stop it with dovetail down first.");
        if (!replace && Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
            throw new UserErrorException($"{root} is not empty", "Restore into another folder with --data-dir, or say --replace: what is there is kept under another name.");
    }

    /// <returns>Where the folder that was there has gone; null when there was none.</returns>
    private string? Swap(string root, string fresh)
    {
        string? kept = null;
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
        {
            kept = $"{root}.replaced-{time.GetUtcNow().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}";
            Directory.Move(root, kept);
        }
        else if (Directory.Exists(root))
        {
            Directory.Delete(root);
        }

        Directory.Move(fresh, root);
        foreach (var cache in Caches.Where(name => kept is not null && Directory.Exists(Path.Combine(kept, name)))) Directory.Move(Path.Combine(kept!, cache), Path.Combine(root, cache));
        return kept;
    }
}

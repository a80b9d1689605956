using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dovetail.Cli.Platform;

/// <summary>What tells a data folder: its instance id and the version of its layout.</summary>
/// <param name="Id">Six hex digits. They name every bridge, nftables table, cgroup, network namespace and socket folder of this platform.</param>
/// <param name="Format">The layout's version; a newer one than ours is refused.</param>
public sealed record InstanceRecord(string Id, int Format);

/// <summary>The data folder and where everything in it is. One folder is one platform; several live side by side.</summary>
public sealed class DataDirectory
{
    /// <summary>The layout that this program writes.</summary>
    public const int Format = 1;

    private DataDirectory(string path, InstanceRecord record) => (Root, InstanceId, WrittenFormat) = (path, record.Id, record.Format);

    public string Root { get; }

    public string InstanceId { get; }

    /// <summary>The version of its layout; more than <see cref="Format"/> when a newer program wrote it.</summary>
    public int WrittenFormat { get; }

    public string Pki => Path.Combine(Root, "pki");

    public string Database => Path.Combine(Root, "store", "dovetail.db");

    public string Kubeconfig => Path.Combine(Root, "kubeconfig");

    public string NodeKubeconfig => Path.Combine(Root, "pki", "node.kubeconfig");

    public string Settings => Path.Combine(Root, "settings.json");

    public string Logs => Path.Combine(Root, "log");

    public string Run => Path.Combine(Root, "run");

    public string Images => Path.Combine(Root, "images");

    public string Tools => Path.Combine(Root, "tools");

    public string Log(string part) => Path.Combine(Logs, part + ".log");

    /// <summary>Where a part leaves what keeps it from starting, for the one who waits for it.</summary>
    public string Failure(string part) => Path.Combine(Run, part + ".failure");

    public string Record(string part) => Path.Combine(Run, part + ".json");

    /// <summary>Held by who starts or stops the platform.</summary>
    public string DoorLock => Path.Combine(Run, "door.lock");

    public string SupervisorLock => Path.Combine(Run, "supervisor.lock");

    /// <summary>Present while the platform is meant to be up. Whoever finds its supervisor dead starts another one as long as it is there.</summary>
    public string Wanted => Path.Combine(Run, "wanted");

    /// <summary>The folder that is used without <c>--data-dir</c>: root's is the machine's, anybody else's is in the home folder.</summary>
    public static string Default =>
        Environment.IsPrivilegedProcess
            ? "/var/lib/dovetail"
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "dovetail"); // a fresh user has no ~/.local/share yet

    public static string Resolve(string? option) => Path.GetFullPath(string.IsNullOrEmpty(option) ? Default : option);

    /// <summary>Opens a folder that is there; null when it holds no platform.</summary>
    /// <exception cref="UserErrorException">It was written by a newer version, or its record cannot be read.</exception>
    public static DataDirectory? Find(string? option)
    {
        var found = FindOfAnyFormat(option);
        return found?.Newer is { } newer ? throw new UserErrorException(newer, "Use that version, or another data folder.") : found;
    }

    /// <summary>Opens a folder that is there, a newer version's as well: to look at what runs and to stop it, its id and its process records are enough.</summary>
    /// <exception cref="UserErrorException">Its record cannot be read.</exception>
    public static DataDirectory? FindOfAnyFormat(string? option)
    {
        var root = Resolve(option);
        var record = Path.Combine(root, "instance.json");
        return File.Exists(record) ? new DataDirectory(root, Read(record)) : null;
    }

    /// <summary>Says that a newer version wrote the folder; null when it is one of ours.</summary>
    public string? Newer => WrittenFormat > Format ? $"the data folder {Root} was written by a newer version (format {WrittenFormat}; this one reads up to {Format})" : null;

    /// <summary>Opens a folder, and makes it when it is not there.</summary>
    public static DataDirectory Ensure(string? option)
    {
        if (Find(option) is { } present) return present;
        var root = Resolve(option);
        var fresh = new InstanceRecord(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..6], Format);
        try
        {
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            var made = new DataDirectory(root, fresh);
            foreach (var folder in new[] { made.Logs, made.Run, made.Images, Path.GetDirectoryName(made.Database)!, made.Pki })
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            AtomicFile.Write(Path.Combine(root, "instance.json"), JsonSerializer.SerializeToUtf8Bytes(fresh, PlatformJson.Default.InstanceRecord));
            return made;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"the data folder {root} cannot be made: {e.Message}", "Choose another one with --data-dir.");
        }
    }

    private static InstanceRecord Read(string path)
    {
        InstanceRecord? record;
        try
        {
            record = JsonSerializer.Deserialize(File.ReadAllBytes(path), PlatformJson.Default.InstanceRecord);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} is another user's", "Run this as that user, or choose another data folder with --data-dir.");
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            throw new UserErrorException($"{path} cannot be read: {e.Message}", "Restore it from a backup, or choose another data folder with --data-dir.");
        }

        if (record is not { Id.Length: 6 }) throw new UserErrorException($"{path} names no instance", "Restore it from a backup, or choose another data folder with --data-dir.");
        return record;
    }
}

/// <summary>What the user can mend: said in one line, with the next step. Everything else is a bug and shows its stack.</summary>
public sealed class UserErrorException(string message, string nextStep) : Exception(message)
{
    public string NextStep { get; } = nextStep;
}

/// <summary>Small files that are either the old or the new content after any crash.</summary>
internal static class AtomicFile
{
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var beside = $"{path}.{Environment.ProcessId}.new"; // up and the supervisor itself record the supervisor at the same moment
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = mode };
        try
        {
            using (var file = new FileStream(beside, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (IOException)
        {
            File.Delete(beside); // a full disk is not filled further
            throw;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(InstanceRecord))]
[JsonSerializable(typeof(Settings))]
[JsonSerializable(typeof(Supervision.PartRecord))]
[JsonSerializable(typeof(Commands.StatusReport))]
internal sealed partial class PlatformJson : JsonSerializerContext;

using System.Security.Cryptography;
using System.Text;
using Dovetail.Node.Host;

namespace Dovetail.Node.Sandbox;

/// <summary>
/// Folders of the host, so that a sandbox's uid can reach them. bwrap looks up what it binds as that uid; below a folder that is closed to others, as <c>/root</c> and home folders are,
/// it finds neither the checkout's programs nor a data folder. Such a one is bound to a place in /run beforehand, by root; an open one is used where it is.
/// </summary>
internal sealed class SandboxView(NodePaths paths)
{
    private const UnixFileMode Searchable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private static readonly Lock Mounting = new();

    /// <summary>The path under which a sandbox's uid finds a file or folder: one in the node's data, or a file elsewhere.</summary>
    public string Reach(string path)
    {
        // The data folder as a whole, one bind for all sandboxes; elsewhere the file alone, whose own folder may be the closed one.
        var exposed = path.StartsWith(paths.DataRoot + "/", StringComparison.Ordinal) ? paths.DataRoot : path;
        return path.StartsWith(paths.RunRoot + "/", StringComparison.Ordinal) || IsOpen(Path.GetDirectoryName(exposed)) ? path : Bind(exposed) + path[exposed.Length..];
    }

    /// <summary>Takes the binds away. Sandboxes that run keep what they have.</summary>
    public void Remove()
    {
        if (!Directory.Exists(paths.View)) return;
        foreach (var place in Directory.EnumerateFileSystemEntries(paths.View)) Release(place);
        Directory.Delete(paths.View); // never with what is in it: a bind that is still there is the data itself
    }

    private static bool IsOpen(string? folder)
    {
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (!File.GetUnixFileMode(at).HasFlag(UnixFileMode.OtherExecute)) return false;
        }

        return true;
    }

    private string Bind(string exposed)
    {
        var place = $"{paths.View}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(exposed)))[..8]}";
        lock (Mounting)
        {
            // What was removed and made again, by a new build for one, is another file.
            if (Mounted(place) is { } source && !source.EndsWith("//deleted", StringComparison.Ordinal)) return place;
            Directory.CreateDirectory(paths.View, Searchable);
            Release(place);
            if (Directory.Exists(exposed)) Directory.CreateDirectory(place);
            else File.WriteAllBytes(place, []);
            Native.Bind(exposed, place);
            return place;
        }
    }

    private static void Release(string place)
    {
        while (Mounted(place) is not null) Native.Detach(place);
        if (Directory.Exists(place)) Directory.Delete(place);
        else File.Delete(place);
    }

    /// <summary>What is mounted at the place, as a path of its file system; null when nothing is.</summary>
    /// <example><code>36 35 98:0 /opt/dovetail/bin /run/dt-1a2b3c-view/0f9e8d7c rw,relatime - ext4 /dev/vda rw</code></example>
    private static string? Mounted(string place) =>
        File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).LastOrDefault(fields => fields[4] == place)?[3];
}

namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>What one platform has on the host. Everything that it makes bears its instance id or its data folder, so other platforms do not count.</summary>
internal static class HostCensus
{
    /// <summary>One line for each thing found: processes, mounts, network namespaces, links, nftables tables, cgroups, socket folders.</summary>
    public static async Task<IReadOnlyList<string>> TakeAsync(string instance, string dataDir, CancellationToken ct)
    {
        bool Ours(string text) => text.Contains(instance, StringComparison.Ordinal) || text.Contains(dataDir, StringComparison.Ordinal);
        var links = await Shell.RunAsync("ip", ["-o", "link"], ct);
        var tables = await Shell.RunAsync("nft", ["list", "tables"], ct);
        return
        [
            .. Processes().Where(p => Ours(p.CommandLine)).Select(p => $"process {p.Pid} {p.CommandLine}"),
            .. File.ReadLines("/proc/self/mountinfo").Where(Ours).Select(m => $"mount {m}"),
            .. Names("/run/netns").Where(Ours).Select(n => $"network namespace {n}"),
            .. links.Out.Split('\n').Where(Ours).Select(l => $"link {l}"),
            .. tables.Out.Split('\n').Where(Ours).Select(t => $"nftables {t}"),
            .. Cgroups().Where(Ours).Select(c => $"cgroup {c}"),
            .. Names("/run").Where(Ours).Select(f => $"run folder {f}"),
        ];
    }

    /// <summary>Every process with its command line, arguments parted by blanks.</summary>
    public static IEnumerable<(int Pid, string CommandLine)> Processes()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid) && Read(Path.Combine(folder, "cmdline")) is { Length: > 0 } line) yield return (pid, line.Replace('\0', ' '));
        }
    }

    /// <summary>The file's text, or null when its process has ended meanwhile.</summary>
    public static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Names(string folder) => Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder) : [];

    private static IEnumerable<string> Cgroups() =>
        Directory.EnumerateDirectories("/sys/fs/cgroup", "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4, IgnoreInaccessible = true });
}

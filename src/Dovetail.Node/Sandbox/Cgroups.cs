using System.Globalization;

namespace Dovetail.Node.Sandbox;

/// <summary>One file to be written in one hierarchy of a cgroup.</summary>
internal readonly record struct CgroupWrite(string Controller, string File, string Value);

/// <summary>
/// The cgroups of sandboxes, one folder a sandbox below <c>dovetail-&lt;id&gt;</c>, on pure v2, pure v1 and hybrid hosts.
/// On a hybrid host the unified tree carries no controllers but gives <c>cgroup.kill</c>; where there is none, all processes are signalled until the list is empty.
/// </summary>
internal sealed class Cgroups
{
    private const string Mount = "/sys/fs/cgroup";
    private static readonly string[] Controllers = ["memory", "cpu", "pids"];
    private readonly string folder;
    private readonly (string Controller, string Root)[] hierarchies;
    private readonly bool v2;

    public Cgroups(string instanceId)
    {
        folder = HostNames.CgroupFolder(instanceId);
        v2 = File.Exists($"{Mount}/cgroup.controllers");
        hierarchies = v2
            ? [("", Mount)]
            : [.. Controllers.Append("unified").Select(name => (name, $"{Mount}/{name}")).Where(h => File.Exists($"{h.Item2}/cgroup.procs"))];
    }

    /// <summary>Makes the sandbox's cgroup with its bounds; returns the files that a process joins it by.</summary>
    public IReadOnlyList<string> Create(string podUid, CgroupLimits limits)
    {
        if (v2) EnableControllers();
        foreach (var (_, root) in hierarchies) Directory.CreateDirectory($"{root}/{folder}/{podUid}");
        // All sandboxes together weigh as much as the whole machine, as a kubelet weighs its pods; within that, each has its request.
        var machine = Environment.ProcessorCount * 1000L;
        Write(folder, v2 ? WeightV2(machine) : WeightV1(machine));
        foreach (var write in v2 ? WritesV2(limits) : WritesV1(limits)) Write($"{folder}/{podUid}", write);
        return [.. hierarchies.Select(h => $"{h.Root}/{folder}/{podUid}/cgroup.procs")];
    }

    /// <summary>Host pids of everything in the sandbox, the outer bwrap included; empty when there is no such cgroup.</summary>
    public IReadOnlyList<int> Processes(string podUid)
    {
        foreach (var (_, root) in hierarchies)
        {
            if (ReadPids($"{root}/{folder}/{podUid}/cgroup.procs") is { Count: > 0 } pids) return pids;
        }

        return [];
    }

    /// <summary>Sends SIGKILL to everything in it. Returns the processes that were hit; ended ones may still be on their way out.</summary>
    public IReadOnlyList<int> Kill(string podUid)
    {
        var pids = Processes(podUid);
        foreach (var kill in hierarchies.Select(h => $"{h.Root}/{folder}/{podUid}/cgroup.kill").Where(File.Exists)) File.WriteAllText(kill, "1");

        // One by one as well: on a hybrid host a process that is just joining may be in the first hierarchy and not yet in the unified one.
        foreach (var pid in pids) Host.ProcessId.Of(pid)?.Signal(Host.Native.SigKill);
        return pids;
    }

    /// <summary>Removes the folders; false while something in them has not ended yet.</summary>
    public bool TryRemove(string podUid) => hierarchies.All(h => TryRemoveFolder($"{h.Root}/{folder}/{podUid}"));

    /// <summary>Names below <c>dovetail-&lt;id&gt;</c>: pod uids that have or had a sandbox.</summary>
    public IReadOnlySet<string> List() =>
        hierarchies.Select(h => $"{h.Root}/{folder}").Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories).Select(Path.GetFileName).OfType<string>().ToHashSet();

    /// <summary>Removes the platform's own folder when it is empty.</summary>
    public bool TryRemoveRoot() => hierarchies.All(h => TryRemoveFolder($"{h.Root}/{folder}"));

    /// <summary>Weights follow the kernel's and runc's scales: shares 2..262144 on v1, weight 1..10000 on v2.</summary>
    public static IEnumerable<CgroupWrite> WritesV1(CgroupLimits limits)
    {
        if (limits.MemoryBytes is { } memory) yield return new("memory", "memory.limit_in_bytes", Text(memory));
        yield return WeightV1(limits.CpuRequestMillis);
        if (limits.CpuLimitMillis is { } cpu)
        {
            yield return new("cpu", "cpu.cfs_period_us", "100000");
            yield return new("cpu", "cpu.cfs_quota_us", Text(cpu * 100));
        }

        yield return new("pids", "pids.max", Text(limits.MaxTasks));
    }

    public static IEnumerable<CgroupWrite> WritesV2(CgroupLimits limits)
    {
        if (limits.MemoryBytes is { } memory) yield return new("", "memory.max", Text(memory));
        yield return WeightV2(limits.CpuRequestMillis);
        if (limits.CpuLimitMillis is { } cpu) yield return new("", "cpu.max", $"{Text(cpu * 100)} 100000");
        yield return new("", "pids.max", Text(limits.MaxTasks));
    }

    private static CgroupWrite WeightV1(long cpuMillis) => new("cpu", "cpu.shares", Text(Shares(cpuMillis)));

    private static CgroupWrite WeightV2(long cpuMillis) => new("", "cpu.weight", Text(1 + (Shares(cpuMillis) - 2) * 9999 / 262142));

    private static long Shares(long cpuMillis) => Math.Clamp(cpuMillis * 1024 / 1000, 2, 262144);

    private void Write(string path, CgroupWrite write)
    {
        var root = hierarchies.FirstOrDefault(h => h.Controller == write.Controller).Root;
        if (root is not null) File.WriteAllText($"{root}/{path}/{write.File}", write.Value);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private void EnableControllers()
    {
        Directory.CreateDirectory($"{Mount}/{folder}");
        foreach (var folder in new[] { Mount, $"{Mount}/{folder}" })
            File.WriteAllText($"{folder}/cgroup.subtree_control", string.Join(' ', Controllers.Select(c => "+" + c)));
    }

    private static List<int> ReadPids(string file)
    {
        try
        {
            return [.. File.ReadLines(file).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static bool TryRemoveFolder(string folder)
    {
        if (!Directory.Exists(folder)) return true;
        try
        {
            // rmdir, never recursive: a cgroup's files cannot be unlinked and go with their folder.
            Directory.Delete(folder, recursive: false);
            return true;
        }
        catch (IOException)
        {
            return !Directory.Exists(folder);
        }
    }
}

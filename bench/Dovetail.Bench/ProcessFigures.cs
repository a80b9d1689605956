using System.Globalization;

namespace Dovetail.Bench;

/// <summary>What /proc tells of a process.</summary>
internal static class ProcessFigures
{
    private const double TicksPerSecond = 100;

    /// <summary>Resident memory in MB (10^6 bytes).</summary>
    public static double ResidentMegabytes(int pid) => Kilobytes(File.ReadLines($"/proc/{pid}/status"), "VmRSS:") * 1024 / 1e6;

    /// <summary>Proportional share of memory in MB: a page that n processes share counts 1/n in each.</summary>
    public static double ProportionalMegabytes(int pid) => Kilobytes(File.ReadLines($"/proc/{pid}/smaps_rollup"), "Pss:") * 1024 / 1e6;

    /// <summary>User and system time in seconds. /proc counts in ticks of 10 ms.</summary>
    public static double CpuSeconds(int pid)
    {
        var fields = StatFields(pid);
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>When it was started, in milliseconds before now (to 10 ms).</summary>
    public static double AgeMilliseconds(int pid)
    {
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        return (uptime - double.Parse(StatFields(pid)[19], CultureInfo.InvariantCulture) / TicksPerSecond) * 1000;
    }

    public static string Name(int pid) => File.ReadAllText($"/proc/{pid}/comm").Trim();

    /// <summary>The fields of /proc/PID/stat after the command's closing parenthesis: [0] is the state.</summary>
    private static string[] StatFields(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static double Kilobytes(IEnumerable<string> lines, string field) =>
        double.Parse(lines.First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split(':')[^1], CultureInfo.InvariantCulture);
}

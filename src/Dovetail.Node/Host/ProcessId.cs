using System.Globalization;

namespace Dovetail.Node.Host;

/// <summary>A process that cannot be mistaken for a later one with the same number: its start time (clock ticks after boot) and the boot belong to its identity.</summary>
internal readonly record struct ProcessId(int Pid, long StartTicks, string BootId)
{
    /// <summary>The present identity of a process, or null when there is none or it has ended and waits to be reaped.</summary>
    public static ProcessId? Of(int pid)
    {
        if (pid <= 0 || ReadStat(pid) is not { } stat || stat.State is 'Z' or 'X') return null;
        return new ProcessId(pid, stat.StartTicks, Boot.Id);
    }

    public bool IsAlive => Pid > 0 && Of(Pid) == this;

    /// <summary>Sends a signal to this very process; false when it is gone.</summary>
    public bool Signal(int signal)
    {
        var pidfd = Native.PidfdOpen(Pid);
        if (pidfd < 0) return false;
        try
        {
            // Checked after the pidfd was taken: from here on the number cannot change its meaning.
            return IsAlive && Native.PidfdSendSignal(pidfd, signal);
        }
        finally
        {
            Native.CloseFd(pidfd);
        }
    }

    private static (char State, long StartTicks)? ReadStat(int pid)
    {
        try
        {
            // "4242 (a name) with) S 1 4242 …": the name may hold anything, so fields are counted after the last parenthesis.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>The present boot of this machine.</summary>
internal static class Boot
{
    public static string Id { get; } = ReadId();

    private static string ReadId()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}

using System.Diagnostics;
using System.Globalization;

namespace Dovetail.Launcher.Libvirt;

/// <summary>
/// libvirtd asks QEMU what it can do by a QEMU without a machine (<c>qemu-system-x86_64 … -machine none,accel=… -daemonize</c>). One whose libvirtd is killed in that moment stays for ever;
/// the next libvirtd starts another.
/// </summary>
internal static class StrayProbes
{
    /// <summary>To be called while the guest runs: libvirtd has asked by then, so what is left of such processes has been forgotten.</summary>
    public static void End()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) || !IsProbe(CommandLine(folder))) continue;
            try
            {
                using var process = Process.GetProcessById(pid);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // It has just ended.
            }
        }
    }

    internal static bool IsProbe(string commandLine) =>
        commandLine.StartsWith("/usr/bin/qemu-system-", StringComparison.Ordinal) && commandLine.Contains("\0-machine\0none,", StringComparison.Ordinal);

    /// <summary>Arguments, each with a NUL after it; "" for a process that is gone.</summary>
    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(folder + "/cmdline");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

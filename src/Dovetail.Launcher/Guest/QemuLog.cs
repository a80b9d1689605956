using System.Text;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>
/// libvirt notes in each domain's log how it ended (<c>2026-11-23 14:00:01.123+0000: shutting down, reason=shutdown</c>). That is how a guest that ended while nobody listened is told
/// from one that crashed.
/// </summary>
internal static class QemuLog
{
    private const int TailBytes = 16 * 1024;
    private const string Mark = ": shutting down, reason=";

    /// <summary>How the domain's last run ended; null when the log does not say, or when it was started again since.</summary>
    /// <param name="folder">libvirt's folder of such logs.</param>
    /// <param name="domain">libvirt's name of the domain.</param>
    public static EndReason? EndReason(string folder, string domain)
    {
        var path = Path.Combine(folder, domain + ".log");
        return File.Exists(path) ? Parse(Tail(path)) : null;
    }

    internal static EndReason? Parse(string tail)
    {
        var end = tail.LastIndexOf(Mark, StringComparison.Ordinal);
        if (end < 0 || tail.IndexOf(": starting up ", end, StringComparison.Ordinal) >= 0) return null;
        return tail[(end + Mark.Length)..].Split('\n', 2)[0].Trim() switch
        {
            "shutdown" => LauncherApi.EndReason.Shutdown,
            "destroyed" => LauncherApi.EndReason.Destroyed,
            _ => LauncherApi.EndReason.Crashed,
        };
    }

    private static string Tail(string path)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        var tail = new byte[Math.Min(length, TailBytes)];
        var read = RandomAccess.Read(file, tail, length - tail.Length);
        return Encoding.UTF8.GetString(tail, 0, read);
    }
}

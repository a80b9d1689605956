using System.Diagnostics;
using Dovetail.Cli.Platform;

namespace Dovetail.Cli.Supervision;

/// <summary>Where systemd is process 1, it keeps the supervisor: one unit a platform, which lives on after a restart of the machine.</summary>
internal static class Systemd
{
    private const string UnitFolder = "/etc/systemd/system";

    /// <summary>Set in the unit: tells the parts that systemd watches the supervisor.</summary>
    public const string Mark = "DOVETAIL_SYSTEMD";

    public static bool IsRunning => Directory.Exists("/run/systemd/system");

    public static string Unit(DataDirectory data) => $"dovetail-{data.InstanceId}.service";

    public static void Start(DataDirectory data)
    {
        File.WriteAllText(Path.Combine(UnitFolder, Unit(data)), UnitText(Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path"), data.Root));
        Run("daemon-reload");
        Run("enable", "--now", Unit(data));
    }

    /// <summary>The unit's file (systemd.service(5), systemd.unit(5)).</summary>
    internal static string UnitText(string program, string dataDir) =>
        // KillMode=process: a restart of the supervisor touches no part. Delegate: cgroups below are the node agent's, and memory that runs out in one of them ends a guest, not the unit.
        // StartLimitIntervalSec=0: however often it is killed, it comes back.
        $"""
        [Unit]
        Description=Dovetail in {dataDir.Replace("%", "%%", StringComparison.Ordinal)}
        After=network-online.target
        Wants=network-online.target
        StartLimitIntervalSec=0

        [Service]
        ExecStart={Quote(program)} supervise --data-dir {Quote(dataDir)}
        Environment={Mark}=1
        UMask=0022
        Restart=always
        RestartSec=200ms
        KillMode=process
        Delegate=yes
        OOMPolicy=continue
        TasksMax=infinity
        LimitNOFILE=1048576

        [Install]
        WantedBy=multi-user.target

        """;

    // Within double quotes systemd reads C escapes; % starts a specifier and $ a variable anywhere.
    private static string Quote(string word) =>
        '"' + word.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal) + '"';

    public static void Stop(DataDirectory data)
    {
        var file = Path.Combine(UnitFolder, Unit(data));
        if (!IsRunning || !File.Exists(file)) return;
        Run("disable", "--now", Unit(data));
        File.Delete(file);
        Run("daemon-reload");
    }

    private static void Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("systemctl", arguments) { RedirectStandardError = true, RedirectStandardOutput = true }) ?? throw new IOException("could not start systemctl");
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new UserErrorException($"systemctl {string.Join(' ', arguments)} failed: {said.Trim()}", $"See journalctl -u {arguments[^1]}.");
    }
}

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
        // KillMode=process: a restart of the supervisor touches no part. Delegate: cgroups below are the node agent's.
        var unit = $"""
            [Unit]
            Description=Dovetail in {data.Root}
            After=network-online.target
            Wants=network-online.target

            [Service]
            ExecStart={Environment.ProcessPath} supervise --data-dir {data.Root}
            Environment={Mark}=1
            Restart=always
            RestartSec=1
            KillMode=process
            Delegate=yes
            TasksMax=infinity
            LimitNOFILE=1048576

            [Install]
            WantedBy=multi-user.target

            """;
        File.WriteAllText(Path.Combine(UnitFolder, Unit(data)), unit);
        Run("daemon-reload");
        Run("enable", "--now", Unit(data));
    }

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

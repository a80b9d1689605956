using System.Globalization;
using Dovetail.LauncherApi;

namespace Dovetail.Node.Sandbox;

/// <summary>
/// The command that becomes a sandbox. The shell joins the cgroups, opens the descriptors that bwrap takes by number and then only ever execs, so that the process that was started is
/// the outer bwrap in the end: <c>sh → setsid → nsenter → setpriv → bwrap</c>.
/// </summary>
/// <remarks>
/// setpriv comes before bwrap: run by root, <c>bwrap --unshare-user --uid N</c> would keep host uid 0. There is no --die-with-parent: the sandbox outlives the node agent.
/// Descriptor 8 gets bwrap's status documents (<c>{"child-pid": N}</c>, at the end <c>{"exit-code": N}</c>), descriptor 9 is the seccomp filter.
/// </remarks>
internal static class BwrapCommand
{
    private const string QemuDriver = "libvirt_driver_qemu.so";

    private static readonly string[] DropEverything =
        ["--clear-groups", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs"];

    private static readonly string[] Namespaces =
    [
        "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--disable-userns",
        "--as-pid-1", "--new-session", "--cap-drop", "ALL", "--clearenv",
    ];

    private static readonly string[] Usr =
    [
        "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
    ];

    /// <summary>Arguments of /bin/sh. <paramref name="reach"/> tells where the sandbox's uid finds a path of the host; <paramref name="cgroupProcs"/> are the files that a process joins its cgroups by.</summary>
    public static string[] Build(SandboxSpec spec, SandboxFiles files, Func<string, string> reach, IEnumerable<string> cgroupProcs)
    {
        // The paths are ours (data folder and instance id); they are handed to the shell as arguments all the same, never spliced into its text.
        const string script =
            """
            pid=$1; status=$2; filter=$3; exec >>"$4" 2>&1 </dev/null; shift 4
            echo $$ > "$pid" || exit 70
            while [ "$1" != -- ]; do echo $$ > "$1" || exit 71; shift; done; shift
            exec 8>"$status" 9<"$filter" "$@"
            """;
        return
        [
            "-c", script, "sandbox", files.OuterPid, files.Status, files.Seccomp, files.OuterLog,
            .. cgroupProcs, "--",
            .. OuterCommand(spec), "bwrap", .. Namespaces, "--hostname", spec.Hostname, .. Usr, .. QemuDriverOnly(), .. Mounts(spec, files, reach), .. Environment(spec),
            "--json-status-fd", "8", "--seccomp", "9", "--chdir", "/", .. spec.Programs,
        ];
    }

    private static string[] OuterCommand(SandboxSpec spec)
    {
        var uid = spec.Uid.ToString(CultureInfo.InvariantCulture);
        string[] network = spec.Netns is null ? ["unshare", "--net"] : ["nsenter", $"--net=/run/netns/{spec.Netns}"];
        return ["setsid", .. network, "setpriv", "--reuid", uid, "--regid", uid, .. DropEverything];
    }

    /// <summary>libvirtd loads every driver that it finds; of those a sandbox needs one, and each of the others costs memory and time in every one.</summary>
    private static IEnumerable<string> QemuDriverOnly() =>
        Directory.EnumerateDirectories("/usr/lib", "*-linux-*").Append("/usr/lib").Append("/usr/lib64")
            .Select(library => $"{library}/libvirt/connection-driver")
            .Where(drivers => File.Exists($"{drivers}/{QemuDriver}"))
            .SelectMany(drivers => new[] { "--tmpfs", drivers, "--ro-bind", $"{drivers}/{QemuDriver}", $"{drivers}/{QemuDriver}" });

    private static IEnumerable<string> Mounts(SandboxSpec spec, SandboxFiles files, Func<string, string> reach)
    {
        string[] kvm = spec.Kvm ? ["--dev-bind", reach(files.KvmNode), "/dev/kvm"] : [];
        return
        [
            "--ro-bind", reach(files.Etc), "/etc", "--proc", "/proc", "--dev", "/dev", "--dev-bind", reach(files.TunNode), "/dev/net/tun", .. kvm,
            "--tmpfs", "/tmp", "--tmpfs", "/var", "--dir", SandboxLayout.RuntimeHome, "--symlink", "var/run", "/run", "--dir", SandboxLayout.LibvirtSockets,
            // Without it libvirt fails to start a domain with "An error occurred, but the cause is unknown".
            "--ro-bind", "/sys/devices/system", "/sys/devices/system",
            "--ro-bind", reach(spec.InitPath), SandboxLayout.Init, "--ro-bind", reach(spec.LauncherPath), SandboxLayout.Launcher,
            "--bind", reach(files.Sockets), SandboxLayout.Sockets, "--bind", reach(files.Private), SandboxLayout.Private, "--bind", reach(files.EphemeralDisks), SandboxLayout.EphemeralDisks,
            "--dir", SandboxLayout.ContainerDisks, .. spec.Disks.SelectMany(disk => new[] { "--ro-bind", reach(disk.HostPath), disk.InsidePath }),
            "--bind", reach(files.Cache), SandboxLayout.CacheHome, "--bind", reach(files.State), SandboxLayout.StateHome, "--bind", reach(files.Logs), SandboxLayout.Logs,
            "--ro-bind", reach(files.QemuConf), SandboxLayout.QemuConf,
            "--remount-ro", "/",
        ];
    }

    private static IEnumerable<string> Environment(SandboxSpec spec) =>
        spec.Environment.Select(variable => (variable.Key, variable.Value)).Concat(SandboxLayout.Environment)
            .SelectMany(variable => new[] { "--setenv", variable.Item1, variable.Item2 });
}

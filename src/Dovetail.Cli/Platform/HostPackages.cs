using System.Collections.Immutable;
using System.Diagnostics;

namespace Dovetail.Cli.Platform;

/// <summary>Debian packages whose programs are needed, and a file of each. Presence is judged by files, not by the package database: what was installed another way counts.</summary>
internal static class HostPackages
{
    /// <summary>What the node runs.</summary>
    public static readonly ImmutableArray<(string Package, string File)> Node =
    [
        ("libvirt-daemon", "/usr/sbin/libvirtd"),
        ("libvirt-daemon-driver-qemu", "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"),
        ("libvirt-clients", "/usr/bin/virsh"),
        ("libvirt0", "/usr/lib/x86_64-linux-gnu/libvirt.so.0"),
        ("qemu-system-x86", "/usr/bin/qemu-system-x86_64"),
        ("qemu-utils", "/usr/bin/qemu-img"),
        ("ovmf", "/usr/share/OVMF/OVMF_CODE_4M.fd"),
        ("bubblewrap", "/usr/bin/bwrap"),
        ("containerd", "/usr/bin/containerd"),
        ("runc", "/usr/sbin/runc"),
        ("containernetworking-plugins", "/usr/lib/cni/bridge"),
        ("nftables", "/usr/sbin/nft"),
        ("iproute2", "/usr/sbin/ip"),
        ("iptables", "/usr/sbin/iptables"),
        ("procps", "/usr/sbin/sysctl"),
        ("xorriso", "/usr/bin/xorrisofs"),
        ("docker-registry", "/usr/bin/docker-registry"),
        ("util-linux", "/usr/bin/setpriv"),
    ];

    private const string Policy = "/usr/sbin/policy-rc.d";

    private static readonly Dictionary<string, string> Services = new() { ["containerd"] = "containerd.service", ["docker-registry"] = "docker-registry.service" };

    /// <summary>What the image recipes need on top.</summary>
    public static readonly ImmutableArray<(string Package, string File)> Images =
    [
        ("busybox-static", "/usr/bin/busybox"),
        ("cpio", "/usr/bin/cpio"),
        ("dosfstools", "/usr/sbin/mkfs.vfat"),
        ("e2fsprogs", "/usr/sbin/mke2fs"),
        ("fdisk", "/usr/sbin/sfdisk"),
        ("kmod", "/usr/sbin/depmod"),
        ("mmdebstrap", "/usr/bin/mmdebstrap"),
        ("mtools", "/usr/bin/mcopy"),
        ("qemu-utils", "/usr/bin/qemu-img"),
        ("syslinux", "/usr/bin/syslinux"),
        ("zstd", "/usr/bin/zstd"),
    ];

    /// <summary>What the tests of the real parts call on top of both.</summary>
    public static readonly ImmutableArray<(string Package, string File)> Tests =
    [
        .. Node, .. Images,
        ("iputils-ping", "/usr/bin/ping"),
    ];

    /// <summary>Installs what is missing: as root by apt, otherwise refuses with the exact command.</summary>
    public static async Task EnsureAsync(ImmutableArray<(string Package, string File)> needed, Progress progress, CancellationToken ct)
    {
        var missing = Missing(needed);
        if (missing.Length == 0) return;
        if (!Environment.IsPrivilegedProcess) throw new UserErrorException($"packages are missing: {string.Join(' ', missing)}", $"Run as root: {Command(needed)}");
        if (!File.Exists("/usr/bin/apt-get")) throw new UserErrorException($"packages are missing: {string.Join(' ', missing)}, and this machine has no apt-get", "Install them another way.");
        await Console.Error.WriteLineAsync($"installing {string.Join(' ', missing)}");
        await progress.RunAsync("installing packages", async () =>
        {
            await AptAsync(["update"], ct);
            await WithoutServicesAsync(missing, () => AptAsync(["-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", .. missing], ct));
        });
        var still = Missing(needed);
        if (still.Length > 0) throw new UserErrorException($"apt-get has installed {string.Join(' ', still)}, but not where Debian 12 puts their programs", "Dovetail needs Debian 12.");
    }

    /// <summary>What root would have to run; null when nothing is missing.</summary>
    public static string? Command(ImmutableArray<(string Package, string File)> needed) =>
        Missing(needed) is { Length: > 0 } missing ? $"apt-get update && apt-get install -y --no-install-recommends {string.Join(' ', missing)}" : null;

    private static string[] Missing(ImmutableArray<(string Package, string File)> needed) => [.. needed.Where(n => !IsThere(n.File)).Select(n => n.Package).Distinct()];

    /// <summary>
    /// Services of what is installed here are neither started (<c>policy-rc.d</c>, whose exit code 101 forbids it; a policy that the machine has stays) nor enabled: the platform runs daemons
    /// of its own, and Debian's docker-registry would take the very port.
    /// </summary>
    private static async Task WithoutServicesAsync(string[] installed, Func<Task> install)
    {
        var own = !File.Exists(Policy);
        if (own)
        {
            await File.WriteAllTextAsync(Policy, "#!/bin/sh\nexit 101\n");
            File.SetUnixFileMode(Policy, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        try
        {
            await install();
        }
        finally
        {
            if (own) File.Delete(Policy);
        }

        string[] services = [.. installed.Where(Services.ContainsKey).Select(package => Services[package])];
        if (services.Length == 0 || !Supervision.Systemd.IsRunning) return;
        using var disable = Process.Start(new ProcessStartInfo("systemctl", ["disable", "--quiet", .. services]) { RedirectStandardError = true });
        if (disable is not null) await disable.WaitForExitAsync();
    }

    private static bool IsThere(string file)
    {
        if (File.Exists(file)) return true;
        // Debian on arm64 keeps its libraries elsewhere, and merged-/usr machines programs in /bin and /sbin.
        return File.Exists(file.Replace("x86_64-linux-gnu", "aarch64-linux-gnu", StringComparison.Ordinal)) || File.Exists(file.Replace("/usr/sbin/", "/usr/bin/", StringComparison.Ordinal));
    }

    private static async Task AptAsync(string[] arguments, CancellationToken ct)
    {
        var start = new ProcessStartInfo("apt-get", arguments) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start) ?? throw new IOException("could not start apt-get");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        await output;
        if (process.ExitCode != 0) throw new UserErrorException($"apt-get {string.Join(' ', arguments)} failed: {(await error).Trim()}", "Mend what it names and run this again.");
    }
}

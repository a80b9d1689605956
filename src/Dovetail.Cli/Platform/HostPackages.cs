using System.Diagnostics;

namespace Dovetail.Cli.Platform;

/// <summary>Debian packages whose programs the node needs. Presence is judged by files, not by the package database: what was installed another way counts.</summary>
internal static class HostPackages
{
    private static readonly (string Package, string File)[] Needed =
    [
        ("libvirt-daemon", "/usr/sbin/libvirtd"),
        ("libvirt-daemon-driver-qemu", "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"),
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
        ("xorriso", "/usr/bin/xorrisofs"),
        ("docker-registry", "/usr/bin/docker-registry"),
        ("util-linux", "/usr/bin/setpriv"),
    ];

    /// <summary>What the image recipes need on top.</summary>
    private static readonly (string Package, string File)[] NeededForImages =
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

    /// <summary>Installs what is missing: as root by apt, otherwise refuses with the exact command.</summary>
    public static async Task EnsureAsync(bool forImages, Progress progress, CancellationToken ct)
    {
        string[] missing = [.. (forImages ? NeededForImages : Needed).Where(n => !IsThere(n.File)).Select(n => n.Package).Distinct()];
        if (missing.Length == 0) return;
        var command = $"apt-get install -y --no-install-recommends {string.Join(' ', missing)}";
        if (!Environment.IsPrivilegedProcess) throw new UserErrorException($"packages are missing: {string.Join(' ', missing)}", $"Run as root: {command}");
        if (!File.Exists("/usr/bin/apt-get")) throw new UserErrorException($"packages are missing: {string.Join(' ', missing)}, and this machine has no apt-get", "Install them another way.");
        await progress.RunAsync($"installing {missing.Length} packages", async () =>
        {
            await AptAsync(["update"], ct);
            await AptAsync(["install", "-y", "--no-install-recommends", .. missing], ct);
        });
    }

    private static bool IsThere(string file)
    {
        if (File.Exists(file)) return true;
        // Debian on arm64 keeps its libraries elsewhere, and merged-/usr machines programs in /bin and /sbin.
        return File.Exists(file.Replace("x86_64-linux-gnu", "aarch64-linux-gnu", StringComparison.Ordinal)) || File.Exists(file.Replace("/usr/sbin/", "/usr/bin/", StringComparison.Ordinal));
    }

    private static async Task AptAsync(string[] arguments, CancellationToken ct)
    {
        var start = new ProcessStartInfo("apt-get", arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        // Services of packages are not ours to start: the platform runs its own daemons.
        start.Environment["RUNLEVEL"] = "1";
        using var process = Process.Start(start) ?? throw new IOException("could not start apt-get");
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        await output;
        if (process.ExitCode != 0) throw new UserErrorException($"apt-get {string.Join(' ', arguments)} failed: {(await error).Trim()}", "Mend what it names and run this again.");
    }
}

using Dovetail.LauncherApi;
using Dovetail.Node.Host;

namespace Dovetail.Node.Sandbox;

/// <summary>The host side of a sandbox's folders and files, and their making. Everything lies in the pod's own folders and goes with them.</summary>
internal sealed class SandboxFiles(NodePaths paths, string podUid)
{
    private const int OwnerOnly = 0x1C0;
    private readonly string root = paths.SandboxFolder(podUid);

    public string Etc => $"{root}/etc";

    public string QemuConf => $"{root}/qemu.conf";

    public string TunNode => $"{root}/tun";

    public string KvmNode => $"{root}/kvm";

    public string Cache => $"{root}/cache";

    public string State => $"{root}/state";

    public string Logs => $"{root}/logs";

    /// <summary>What the container <c>compute</c> printed. Written by the sandbox's uid: it may be anything, a link for one.</summary>
    public string ContainerLog => $"{Logs}/{SandboxLayout.ContainerLogName}";

    public string OuterLog => $"{root}/bwrap.log";

    public string OuterPid => $"{root}/outer.pid";

    public string Status => $"{root}/status.json";

    public string Seccomp => $"{root}/seccomp.bpf";

    public string Sockets => paths.SocketFolder(podUid);

    public string Private => paths.Volume(podUid, "private");

    public string EphemeralDisks => paths.Volume(podUid, "ephemeral-disks");

    /// <summary>Makes the folders and files; what is there already is made anew, so that a half-made sandbox is completed.</summary>
    public void Prepare(SandboxSpec spec, string? warmCapabilities)
    {
        // The folders above are searchable by the sandbox's uid (0711), their content is not listable by it.
        foreach (var folder in new[] { paths.DataRoot, paths.Pods, paths.Pod(podUid), root, Path.GetDirectoryName(Private)!, paths.RunPod(podUid), Path.GetDirectoryName(Sockets)! }) MakeFolder(folder, 0x1C9);
        MakeFolder(Etc, 0x1ED);
        MakeFolder($"{Etc}/libvirt", 0x1ED);
        foreach (var folder in new[] { Sockets, Private, EphemeralDisks, Cache, State, Logs, $"{State}/libvirt", $"{Cache}/libvirt", $"{Cache}/libvirt/qemu", $"{Cache}/libvirt/qemu/cache", CapabilityFolder })
        {
            MakeFolder(folder, OwnerOnly);
            Native.Own(folder, spec.Uid);
        }

        foreach (var (name, content) in SandboxConfig.Etc(spec)) File.WriteAllText($"{Etc}/{name}", content);
        File.Copy("/etc/ld.so.cache", $"{Etc}/ld.so.cache", overwrite: true);
        File.WriteAllText(QemuConf, SandboxLayout.QemuConfText);
        CopyWarmCapabilities(spec.Uid, warmCapabilities);

        // Mount points below folders of the sandbox's uid must exist beforehand: bwrap makes them as the uid, read-only for us.
        File.WriteAllText($"{State}/libvirt/qemu.conf", "");
        Native.Own($"{State}/libvirt/qemu.conf", spec.Uid);
        Native.MakeDevice(TunNode, 10, 200, spec.Uid);
        if (spec.Kvm) Native.MakeDevice(KvmNode, 10, 232, spec.Uid);
        File.WriteAllBytes(Seccomp, SeccompFilter.Bytes());
        File.Delete(Status);
        File.Delete(OuterPid);
        foreach (var stale in Directory.EnumerateFiles(Sockets)) File.Delete(stale);
    }

    /// <summary>libvirt's own cache inside <see cref="Cache"/>.</summary>
    public string CapabilityFolder => $"{Cache}/libvirt/qemu/cache/capabilities";

    /// <summary>Copied, never bound: libvirt must be able to write a new cache when it finds this one stale, else every start fails.</summary>
    private void CopyWarmCapabilities(int uid, string? warm)
    {
        if (warm is null || !Directory.Exists(warm)) return;
        foreach (var file in Directory.EnumerateFiles($"{warm}/cache", "*.xml"))
        {
            var copy = $"{CapabilityFolder}/{Path.GetFileName(file)}";
            File.Copy(file, copy, overwrite: true);
            Native.Own(copy, uid);
        }
    }

    private static void MakeFolder(string folder, int mode)
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, (UnixFileMode)mode);
    }
}

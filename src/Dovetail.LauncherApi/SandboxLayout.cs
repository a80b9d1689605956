namespace Dovetail.LauncherApi;

/// <summary>
/// What virt-launcher and its init find inside the sandbox, and what the node agent therefore puts there. All paths are as seen inside. Everything under <see cref="Writable"/> belongs
/// to the sandbox's uid; the rest is read-only. <c>/var/run</c> may be a link to <c>/run</c>.
/// </summary>
/// <remarks>
/// The sandbox's PID 1 is <see cref="InitCommand"/>. It needs of the environment PATH, LC_ALL=C.UTF-8, HOME=<see cref="StateHome"/> and the three XDG folders
/// (<see cref="Environment"/>). It also needs /proc, /dev with <c>/dev/net/tun</c> owned by the uid, <c>/sys/devices/system</c>, a private /tmp, and a passwd with root, the uid and
/// nobody (65534): a client from outside appears under that id and libvirtd looks it up.
/// </remarks>
public static class SandboxLayout
{
    /// <summary>The static PID 1 (<c>src/Dovetail.Launcher/init/init.c</c>).</summary>
    public const string Init = "/dovetail/init";

    public const string Launcher = "/dovetail/virt-launcher";

    public const string Libvirtd = "/usr/sbin/libvirtd";

    public const string LibvirtdConf = "/etc/libvirt/libvirtd.conf";

    /// <summary>XDG_RUNTIME_DIR: libvirt keeps the state of the running domain here. A tmpfs that lives as long as the sandbox.</summary>
    public const string RuntimeHome = "/var/run";

    /// <summary>XDG_CONFIG_HOME and HOME. libvirtd writes here; <see cref="QemuConf"/> lies in it.</summary>
    public const string StateHome = "/var/lib/kubevirt";

    /// <summary>XDG_CACHE_HOME: the capability cache (copied in warm, see <see cref="CapabilityCache"/>) and QEMU's own log.</summary>
    public const string CacheHome = "/var/cache/kubevirt";

    public const string QemuConf = StateHome + "/libvirt/qemu.conf";

    /// <summary>libvirt's capability cache. Copy a warm one in; never bind it read-only: a stale read-only cache makes every start fail.</summary>
    public const string CapabilityCache = CacheHome + "/libvirt/qemu/cache/capabilities";

    /// <summary>Where init puts <see cref="ContainerLogName"/>; libvirtd.log is there too. Bounded by the launcher.</summary>
    public const string Logs = "/var/log/kubevirt";

    /// <summary>What launcher, libvirtd and QEMU print, in the log format of the container runtime interface; bounded by init, which keeps one full one before it (<c>compute.log.1</c>).</summary>
    public const string ContainerLogName = "compute.log";

    /// <summary>unix_sock_dir of the private libvirtd.</summary>
    public const string LibvirtSockets = "/var/run/libvirt";

    public const string LibvirtUri = "qemu+unix:///session?socket=" + LibvirtSockets + "/libvirt-sock";

    /// <summary>The pod's <c>sockets</c> volume: the launcher's socket and <see cref="GuestRecordName"/>.</summary>
    public const string Sockets = "/var/run/kubevirt/sockets";

    public const string LauncherSocket = Sockets + "/" + LauncherProtocol.SocketName;

    /// <summary>What the launcher remembers of its guest (<see cref="GuestRecord"/>); outlives the sandbox, so that the handler can read how a guest ended.</summary>
    public const string GuestRecordName = "guest.json";

    /// <summary>The pod's <c>private</c> volume.</summary>
    public const string Private = "/var/run/kubevirt-private";

    /// <summary>The pod's <c>container-disks</c> volume: one read-only file a container disk.</summary>
    public const string ContainerDisks = "/var/run/kubevirt/container-disks";

    /// <summary>The pod's <c>ephemeral-disks</c> volume.</summary>
    public const string EphemeralDisks = "/var/run/kubevirt-ephemeral-disks";

    /// <summary>The tap device of the first (masquerade) interface; made from outside for the sandbox's uid.</summary>
    public const string PrimaryTap = "tap0";

    /// <summary>The pod volumes and folders that belong to the sandbox's uid.</summary>
    public static IReadOnlyList<string> Writable { get; } =
        [RuntimeHome, LibvirtSockets, StateHome, CacheHome, Logs, Sockets, Private, EphemeralDisks];

    public static IReadOnlyList<(string Name, string Value)> Environment { get; } =
    [
        ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("LC_ALL", "C.UTF-8"), ("HOME", StateHome), ("XDG_RUNTIME_DIR", RuntimeHome), ("XDG_CONFIG_HOME", StateHome),
        ("XDG_CACHE_HOME", CacheHome), ("MALLOC_ARENA_MAX", "1"),
    ];

    /// <summary>In the pod's <c>sockets</c> volume: where init runs commands for whoever may execute into the pod (<c>init.c</c> describes the exchange). No longer than the launcher's, whose path has no byte to spare.</summary>
    public const string InitSocketName = "init-sock";

    /// <summary>Inside: see <see cref="InitSocketName"/>.</summary>
    public const string InitSocket = Sockets + "/" + InitSocketName;

    /// <summary>init, its log folder and its socket, then virt-launcher with its arguments, "--", and the daemons (libvirtd).</summary>
    public static IReadOnlyList<string> InitCommand { get; } =
        [Init, Logs, InitSocket, Launcher, "--", Libvirtd, "-f", LibvirtdConf, "-p", LibvirtSockets + "/libvirtd.pid"];

    /// <summary>Path of the serial console's socket of a VMI; its bounded log is <see cref="SerialLog"/>.</summary>
    public static string SerialSocket(string vmiUid) => $"{Private}/{vmiUid}/virt-serial0";

    public static string SerialLog(string vmiUid) => $"{Private}/{vmiUid}/virt-serial0-log";

    public static string VncSocket(string vmiUid) => $"{Private}/{vmiUid}/virt-vnc";

    /// <summary>The base image of the container disk that is the <paramref name="volume"/>-th entry of spec.volumes.</summary>
    public static string ContainerDisk(int volume) => $"{ContainerDisks}/disk_{volume}.img";

    public static string Overlay(string volume) => $"{EphemeralDisks}/disk-data/{volume}/disk.qcow2";

    public static string CloudInitIso(string ns, string name, string file) => $"{EphemeralDisks}/cloud-init-data/{ns}/{name}/{file}";

    public static string Nvram(string name) => $"{Private}/libvirt/qemu/nvram/{name}_VARS.fd";

    /// <summary>libvirtd.conf of a sandbox. The host uuid has to differ between sandboxes: libvirt refuses to migrate to the same host.</summary>
    public static string LibvirtdConfText(Guid hostUuid) => $"""
        unix_sock_dir = "{LibvirtSockets}"
        auth_unix_rw = "none"
        auth_unix_ro = "none"
        unix_sock_rw_perms = "0700"
        host_uuid = "{hostUuid}"
        keepalive_interval = -1
        log_outputs = "3:file:{Logs}/libvirtd.log"
        min_workers = 1
        max_workers = 4
        prio_workers = 1
        max_client_requests = 5
        admin_min_workers = 1
        admin_max_workers = 1

        """;

    /// <summary>qemu.conf of a sandbox: isolation is the sandbox's business, and QEMU writes its logs itself (no virtlogd).</summary>
    public const string QemuConfText = """
        security_driver = "none"
        cgroup_controllers = []
        namespaces = []
        stdio_handler = "file"
        max_core = 0

        """;
}

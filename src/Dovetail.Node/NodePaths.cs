namespace Dovetail.Node;

/// <summary>
/// Where things of a node are on the host. Two roots: a short one in /run, because a socket's path has at most 107 bytes, and one in the data folder.
/// The folders of a pod look as kubelet's do, so that virt-handler finds a launcher the same way on both engines.
/// </summary>
public sealed class NodePaths(string instanceId, string dataDirectory)
{
    private const string EmptyDir = "volumes/kubernetes.io~empty-dir";

    public string RunRoot { get; } = $"/run/dt-{instanceId}";

    public string DataRoot { get; } = Path.Combine(dataDirectory, "node");

    public string Pods => $"{DataRoot}/pods";

    public string Images => $"{DataRoot}/images";

    public string Parts => $"{DataRoot}/parts";

    public string Cni => $"{DataRoot}/cni";

    public string CapabilityCache => $"{DataRoot}/libvirt-capabilities";

    /// <summary>Where <see cref="Sandbox.SandboxView"/> binds folders. Beside the run root, which is removed with all that is in it.</summary>
    public string View => $"{RunRoot}-view";

    public string RunPods => $"{RunRoot}/p";

    /// <summary>The launcher's socket: exactly 107 bytes with a 36-character uid.</summary>
    public string LauncherSocket(string podUid) => $"{SocketFolder(podUid)}/launcher-sock";

    /// <summary>The socket on which a sandbox's init runs commands.</summary>
    internal string InitSocket(string podUid) => $"{SocketFolder(podUid)}/{LauncherApi.SandboxLayout.InitSocketName}";

    internal string SocketFolder(string podUid) => $"{RunPods}/{podUid}/{EmptyDir}/sockets";

    internal string RunPod(string podUid) => $"{RunPods}/{podUid}";

    internal string Pod(string podUid) => $"{Pods}/{podUid}";

    /// <summary>A volume of a pod: <c>ephemeral-disks</c>, <c>private</c> or <c>container-disks</c>.</summary>
    public string Volume(string podUid, string volume) => $"{Pods}/{podUid}/{EmptyDir}/{volume}";

    internal string SandboxFolder(string podUid) => $"{Pods}/{podUid}/sandbox";
}

/// <summary>Names on the host that carry the instance id.</summary>
internal static class HostNames
{
    public static string Bridge(string instanceId) => $"dt{instanceId}";

    public static string NftTable(string instanceId) => $"dovetail_{instanceId}";

    public static string CgroupFolder(string instanceId) => $"dovetail-{instanceId}";

    public static string NetnsPrefix(string instanceId) => $"dt-{instanceId}-";

    public static string Netns(string instanceId, string podUid) => NetnsPrefix(instanceId) + podUid.Replace("-", "", StringComparison.Ordinal)[..12];
}

using System.Globalization;
using Dovetail.LauncherApi;

namespace Dovetail.Node.Sandbox;

/// <summary>The configuration files of a sandbox.</summary>
internal static class SandboxConfig
{
    public static IEnumerable<(string Name, string Content)> Etc(SandboxSpec spec)
    {
        var uid = spec.Uid.ToString(CultureInfo.InvariantCulture);

        // nobody: a client that is root on the host is uid 65534 in here, and libvirtd looks it up.
        yield return ("passwd", $"root:x:0:0::/:/usr/sbin/nologin\nvm:x:{uid}:{uid}::{SandboxLayout.StateHome}:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n");
        yield return ("group", $"root:x:0:\nvm:x:{uid}:\nnogroup:x:65534:\n");
        yield return ("hosts", $"127.0.0.1 localhost {spec.Hostname}\n");
        yield return ("resolv.conf", $"nameserver {spec.DnsServer}\n");
        yield return ("libvirt/libvirtd.conf", SandboxLayout.LibvirtdConfText(Guid.Parse(spec.PodUid)));
    }
}

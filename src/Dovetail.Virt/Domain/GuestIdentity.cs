using System.Security.Cryptography;
using System.Text;
using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.Domain;

/// <summary>Names and numbers of a guest that follow from its namespace and name, so that they are the same at each start and on each node.</summary>
public static class GuestIdentity
{
    /// <summary>libvirt makes file names of a domain's name and appends to it; a file name has at most 255 bytes.</summary>
    private const int MaxDomainName = 200;

    /// <summary>libvirt's name of the domain, as upstream: <c>&lt;namespace&gt;_&lt;name&gt;</c>. Of a name that is too long for file names the end is replaced by its digest.</summary>
    public static string DomainName(VirtualMachineInstance vmi)
    {
        var full = $"{vmi.Metadata.NamespaceProperty}_{vmi.Metadata.Name}";
        if (full.Length <= MaxDomainName) return full;
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)))[..16];
        return $"{full[..(MaxDomainName - digest.Length - 1)]}-{digest}";
    }

    /// <summary>The UUID that the guest reads from its firmware: the spec's, else one derived from the name (a name-based UUID, RFC 9562 version 8).</summary>
    public static string FirmwareUuid(VirtualMachineInstance vmi)
    {
        if (vmi.Spec!.Domain!.Firmware?.Uuid is { Length: > 0 } given) return given;
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"firmware/{DomainName(vmi)}"), hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString();
    }

    /// <summary>The MAC address of an interface: the spec's, else a locally administered unicast one derived from the names.</summary>
    public static string Mac(VirtualMachineInstance vmi, Interface nic)
    {
        if (nic.MacAddress is { Length: > 0 } given) return given.ToLowerInvariant().Replace('-', ':');
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"mac/{DomainName(vmi)}/{nic.Name}"), hash);
        hash[0] = 0x02;

        // 02:00:00:… is where bridge addresses of the pods live.
        hash[1] |= 0x80;
        return string.Join(':', hash[..6].ToArray().Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>What the guest is called: <c>spec.hostname</c>, else the VMI's name up to its first dot.</summary>
    public static string Hostname(VirtualMachineInstance vmi) => vmi.Spec!.Hostname is { Length: > 0 } given ? given : vmi.Metadata.Name.Split('.')[0];
}

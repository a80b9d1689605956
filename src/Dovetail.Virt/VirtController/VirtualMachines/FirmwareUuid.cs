using System.Security.Cryptography;
using System.Text;

namespace Dovetail.Virt.VirtController.VirtualMachines;

/// <summary>The firmware UUID of a VM that was stored without one: version 5 (RFC 9562) of its name in KubeVirt's namespace, so that every start gives the same.</summary>
public static class FirmwareUuid
{
    private static readonly Guid Namespace = new("6a1a24a1-4061-4607-8bf4-a3963d0c5895");

    public static string Of(string vmName)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // Version 5 is defined with SHA-1; nothing secret depends on it.
        SHA1.HashData([.. Namespace.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(vmName)], hash);
#pragma warning restore CA5350
        hash[6] = (byte)((hash[6] & 0x0f) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString();
    }
}

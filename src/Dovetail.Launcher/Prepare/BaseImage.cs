using System.Buffers.Binary;

namespace Dovetail.Launcher.Prepare;

/// <summary>
/// Recognises the format of a disk image by its first bytes (qcow2: docs/interop/qcow2.txt of QEMU). Images come from strangers: one that points at other files is refused before
/// QEMU opens it.
/// </summary>
internal static class BaseImage
{
    private const uint QcowMagic = 0x514649fb;
    private const ulong ExternalDataFile = 1 << 2;
    private const ulong KnownIncompatible = 0b11111;

    /// <summary>Other formats' first bytes; a disk in one of them would boot as garbage if it were taken as raw.</summary>
    private static readonly (byte[] Magic, string Name)[] Foreign =
    [
        ("KDMV"u8.ToArray(), "vmdk"), ("# Disk DescriptorFile"u8.ToArray(), "vmdk"), ("vhdxfile"u8.ToArray(), "vhdx"), ("conectix"u8.ToArray(), "vpc"), ("<<< "u8.ToArray(), "vdi"),
        ("QED\0"u8.ToArray(), "qed"), ([0x1f, 0x8b], "gzip"), ([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "xz"), ([0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    ];

    /// <returns>"qcow2" or "raw".</returns>
    /// <exception cref="PrepareException">ImageCorrupt, ImageUnsupported.</exception>
    public static string Format(ReadOnlySpan<byte> head, long length)
    {
        if (length < 512) throw new PrepareException("ImageCorrupt", $"the image has only {length} bytes; a disk has at least one sector of 512: push the image again");
        foreach (var (magic, name) in Foreign)
        {
            if (head.StartsWith(magic)) throw new PrepareException("ImageUnsupported", $"the image is in the format {name}; a container disk holds qcow2 or raw: convert it with `qemu-img convert -O qcow2`");
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(head) != QcowMagic) return "raw";
        CheckQcow(head, length);
        return "qcow2";
    }

    private static void CheckQcow(ReadOnlySpan<byte> head, long length)
    {
        var version = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (version is not (2 or 3)) throw new PrepareException("ImageUnsupported", $"the image is qcow version {version}; versions 2 and 3 (qcow2) are supported");
        if (length < 104) throw new PrepareException("ImageCorrupt", "the qcow2 image ends within its header: push the image again");
        if (BinaryPrimitives.ReadUInt64BigEndian(head[8..]) != 0) throw new PrepareException("ImageUnsupported", "the qcow2 image has a backing file, which is not part of a container disk: flatten it with `qemu-img convert`");
        var incompatible = version == 3 ? BinaryPrimitives.ReadUInt64BigEndian(head[72..]) : 0;
        if ((incompatible & ExternalDataFile) != 0) throw new PrepareException("ImageUnsupported", "the qcow2 image keeps its data in another file, which is not part of a container disk: convert it with `qemu-img convert`");
        if ((incompatible & ~KnownIncompatible) != 0) throw new PrepareException("ImageUnsupported", $"the qcow2 image needs features that are not known (0x{incompatible:x})");
        if (BinaryPrimitives.ReadUInt32BigEndian(head[32..]) != 0) throw new PrepareException("ImageUnsupported", "the qcow2 image is encrypted");
    }
}

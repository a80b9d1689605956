using System.Buffers.Binary;
using System.Text;

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>Headers of SPDY/3.1's frames: name-value blocks, compressed with one zlib stream a direction (draft-mbelshe-httpbis-spdy-00, 2.6.10).</summary>
internal sealed class SpdyHeaders
{
    private const int LongestBlock = 64 * 1024;
    private const int ZlibHead = 6;
    private static readonly byte[] Dictionary = ReadDictionary();
    private Inflater? inflater;
    private bool begun;

    /// <summary>The headers, names in lower case; of several values the first.</summary>
    /// <exception cref="InvalidDataException">There are none.</exception>
    public Dictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        if (inflater is null)
        {
            // CMF, FLG with the mark of a preset dictionary, and the dictionary's checksum.
            if (block.Length < ZlibHead || (block[0] & 15) != 8 || (block[1] & 32) == 0) throw new InvalidDataException("the headers are not compressed as SPDY's are");
            inflater = new Inflater(Dictionary);
            block = block[ZlibHead..];
        }

        ReadOnlySpan<byte> plain = inflater.Inflate(block, LongestBlock);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var count = Number(ref plain);
        for (var i = 0; i < count; i++)
        {
            var name = Text(ref plain);
            headers[name] = Text(ref plain).Split('\0')[0];
        }

        return headers;
    }

    /// <summary>A block without headers; stored, not compressed, which any inflater takes. The empty block behind it is zlib's flush: without it a reader waits for more.</summary>
    public byte[] Empty()
    {
        byte[] block = [0, 4, 0, 0xFB, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
        if (begun) return block;
        begun = true;
        var head = new byte[ZlibHead];
        (head[0], head[1]) = (0x78, 0x20);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(2), Adler32(Dictionary));
        return [.. head, .. block];
    }

    internal static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        var (low, high) = (1u, 0u);
        foreach (var value in bytes)
        {
            low = (low + value) % 65521;
            high = (high + low) % 65521;
        }

        return high << 16 | low;
    }

    private static string Text(ref ReadOnlySpan<byte> plain)
    {
        var length = Number(ref plain);
        if (length > plain.Length) throw new InvalidDataException("a header longer than its block");
        var text = Encoding.UTF8.GetString(plain[..length]);
        plain = plain[length..];
        return text;
    }

    private static int Number(ref ReadOnlySpan<byte> plain)
    {
        if (plain.Length < 4 || BinaryPrimitives.ReadUInt32BigEndian(plain) is var number && number > LongestBlock) throw new InvalidDataException("a block of headers that ends early");
        plain = plain[4..];
        return (int)number;
    }

    private static byte[] ReadDictionary()
    {
        using var stream = typeof(SpdyHeaders).Assembly.GetManifestResourceStream("spdy3.dictionary") ?? throw new InvalidDataException("spdy3.dictionary is not in the assembly");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}

namespace Dovetail.Node.Kubelet.Streaming;

/// <summary>
/// Unpacks one stream of RFC 1951 that comes in portions, each of them whole blocks (a flush behind each). .NET's own streams take no preset dictionary, which SPDY's headers need.
/// </summary>
internal sealed class Inflater
{
    private const int WindowBytes = 32 * 1024;
    private static readonly int[] LengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly int[] LengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly int[] DistanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    private static readonly int[] DistanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
    private static readonly int[] CodeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    private static readonly HuffmanTable FixedLiterals = new([.. Enumerable.Range(0, 288).Select(i => (byte)(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))]);
    private static readonly HuffmanTable FixedDistances = new([.. Enumerable.Repeat((byte)5, 30)]);

    private readonly List<byte> history;

    /// <param name="dictionary">What the other side began with.</param>
    public Inflater(ReadOnlySpan<byte> dictionary) => history = [.. dictionary];

    /// <param name="portion">Whole blocks.</param>
    /// <param name="longest">More than so many bytes are refused.</param>
    /// <exception cref="InvalidDataException">It is no such stream.</exception>
    public byte[] Inflate(ReadOnlySpan<byte> portion, int longest)
    {
        var from = history.Count;
        var bits = new BitReader(portion);
        while (!bits.AtEnd)
        {
            var last = bits.Take(1) == 1;
            switch (bits.Take(2))
            {
                case 0:
                    Stored(ref bits);
                    break;
                case 1:
                    Packed(ref bits, FixedLiterals, FixedDistances, from + longest);
                    break;
                case 2:
                    var (literals, distances) = Tables(ref bits);
                    Packed(ref bits, literals, distances, from + longest);
                    break;
                default:
                    throw new InvalidDataException("a block of no known kind");
            }

            if (history.Count - from > longest) throw new InvalidDataException($"more than {longest} bytes");
            if (last) break;
        }

        byte[] plain = [.. history[from..]];
        if (history.Count > WindowBytes) history.RemoveRange(0, history.Count - WindowBytes);
        return plain;
    }

    private void Stored(ref BitReader bits)
    {
        bits.SkipToByte();
        var length = bits.Take(16);
        if ((length ^ 0xFFFF) != bits.Take(16)) throw new InvalidDataException("a stored block with a wrong length");
        for (var i = 0; i < length; i++) history.Add((byte)bits.Take(8));
    }

    private void Packed(ref BitReader bits, HuffmanTable literals, HuffmanTable distances, int longest)
    {
        while (true)
        {
            var symbol = literals.Next(ref bits);
            if (symbol == 256) return;
            if (symbol < 256)
            {
                history.Add((byte)symbol);
            }
            else
            {
                if (symbol > 285) throw new InvalidDataException("a length of no known kind");
                var length = LengthBase[symbol - 257] + bits.Take(LengthExtra[symbol - 257]);
                var kind = distances.Next(ref bits);
                if (kind > 29) throw new InvalidDataException("a distance of no known kind");
                var distance = DistanceBase[kind] + bits.Take(DistanceExtra[kind]);
                if (distance > history.Count) throw new InvalidDataException("a distance beyond the beginning");
                for (var i = 0; i < length; i++) history.Add(history[^distance]);
            }

            if (history.Count > longest) throw new InvalidDataException("more bytes than are taken");
        }
    }

    private static (HuffmanTable Literals, HuffmanTable Distances) Tables(ref BitReader bits)
    {
        var (literals, distances, codes) = (bits.Take(5) + 257, bits.Take(5) + 1, bits.Take(4) + 4);
        var codeLengths = new byte[19];
        for (var i = 0; i < codes; i++) codeLengths[CodeOrder[i]] = (byte)bits.Take(3);
        var table = new HuffmanTable(codeLengths);
        var lengths = new byte[literals + distances];
        for (var i = 0; i < lengths.Length;)
        {
            var symbol = table.Next(ref bits);
            if (symbol < 16)
            {
                lengths[i++] = (byte)symbol;
                continue;
            }

            if (symbol == 16 && i == 0) throw new InvalidDataException("a repetition of nothing");
            var value = symbol == 16 ? lengths[i - 1] : (byte)0;
            var count = symbol switch { 16 => 3 + bits.Take(2), 17 => 3 + bits.Take(3), _ => 11 + bits.Take(7) };
            if (i + count > lengths.Length) throw new InvalidDataException("more code lengths than codes");
            for (; count > 0; count--) lengths[i++] = value;
        }

        return (new HuffmanTable(lengths[..literals]), new HuffmanTable(lengths[literals..]));
    }

    private ref struct BitReader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;
        private int next;
        private uint held;
        private int count;

        public readonly bool AtEnd => next == bytes.Length && count < 3;

        public int Take(int wanted)
        {
            while (count < wanted)
            {
                if (next == bytes.Length) throw new InvalidDataException("it ends in a block");
                held |= (uint)bytes[next++] << count;
                count += 8;
            }

            var value = (int)(held & ((1u << wanted) - 1));
            held >>= wanted;
            count -= wanted;
            return value;
        }

        public void SkipToByte()
        {
            held >>= count % 8;
            count -= count % 8;
        }
    }

    /// <summary>Canonical Huffman codes, decoded bit by bit: headers are short.</summary>
    private sealed class HuffmanTable
    {
        private readonly int[] counts = new int[16];
        private readonly int[] symbols;

        public HuffmanTable(byte[] lengths)
        {
            foreach (var length in lengths) counts[length]++;
            counts[0] = 0;
            symbols = [.. Enumerable.Range(0, lengths.Length).Where(symbol => lengths[symbol] > 0).OrderBy(symbol => lengths[symbol]).ThenBy(symbol => symbol)];
        }

        public int Next(ref BitReader bits)
        {
            var (code, first, index) = (0, 0, 0);
            for (var length = 1; length < counts.Length; length++)
            {
                code |= bits.Take(1);
                if (code - counts[length] < first) return symbols[index + code - first];
                index += counts[length];
                first = (first + counts[length]) << 1;
                code <<= 1;
            }

            throw new InvalidDataException("a code of no symbol");
        }
    }
}

using System.Security.Cryptography;

namespace Dovetail.ApiServer.Registry;

/// <summary>Where uids and generated names come from: the system's randomness in production, a seed in the simulation.</summary>
public abstract class Randomness
{
    /// <summary>The characters of generated names (no vowels, nothing that looks alike), as upstream.</summary>
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The operating system's.</summary>
    public static Randomness System { get; } = new SystemRandomness();

    public static Randomness Seeded(Random random) => new SeededRandomness(random);

    public abstract void Fill(Span<byte> bytes);

    /// <summary>A version 4 UUID.</summary>
    public string Uid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }

    /// <summary>generateName's five characters; the base is cut so that the whole has at most 63.</summary>
    public string Name(string prefix)
    {
        const int Count = 5;
        Span<byte> bytes = stackalloc byte[Count];
        Span<char> suffix = stackalloc char[Count];
        Fill(bytes);
        for (var i = 0; i < Count; i++) suffix[i] = Alphabet[bytes[i] % Alphabet.Length];
        return string.Concat(prefix.AsSpan(0, Math.Min(prefix.Length, 63 - Count)), suffix);
    }

    private sealed class SystemRandomness : Randomness
    {
        public override void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
    }

    private sealed class SeededRandomness(Random random) : Randomness
    {
        public override void Fill(Span<byte> bytes)
        {
            lock (random) random.NextBytes(bytes);
        }
    }
}

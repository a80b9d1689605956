using Dovetail.Machinery.Schemas;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary>An object's labels as a Bloom filter of 64 bits: two for each key, two for each key with its value. Where a bit is missing the label is missing too, so a selector leaves most objects out without looking at
/// their bytes. Keys and values are taken as they are written.</summary>
internal static class LabelDigest
{
    /// <summary>The digest is there, also of an object without labels.</summary>
    private const ulong Made = 1UL << 63;

    public static ulong Of(StoredObject stored)
    {
        if (stored.Digest == 0) stored.Digest = OfObject(stored.Bytes);
        return stored.Digest;
    }

    public static ulong Of(ReadOnlySpan<byte> key) => Bits(Hash(14695981039346656037, key));

    public static ulong Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Of(key) | Bits(Hash(Hash(Hash(14695981039346656037, key), "="u8), value));

    private static ulong OfObject(ReadOnlySpan<byte> json)
    {
        var digest = Made;
        var metadata = CompactJson.Field(json, 0, "metadata"u8);
        var labels = metadata < 0 ? -1 : CompactJson.Field(json, metadata, "labels"u8);
        if (labels < 0 || json[labels] != '{' || json[labels + 1] == '}') return digest;
        for (var at = labels; json[at] != '}';)
        {
            var key = at + 1;
            var value = CompactJson.End(json, key) + 1;
            at = CompactJson.End(json, value);
            digest |= json[value] == '"' ? Of(json[(key + 1)..(value - 2)], json[(value + 1)..(at - 1)]) : Of(json[(key + 1)..(value - 2)]);
        }

        return digest;
    }

    /// <summary>FNV-1a.</summary>
    private static ulong Hash(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes) hash = (hash ^ one) * 1099511628211;
        return hash;
    }

    /// <summary>Two of the 63 bits.</summary>
    private static ulong Bits(ulong hash) => (1UL << (int)((hash >> 32) % 63)) | (1UL << (int)((hash >> 8) % 63));
}

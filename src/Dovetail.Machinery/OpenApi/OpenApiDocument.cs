using System.IO.Compression;

namespace Dovetail.Machinery.OpenApi;

/// <summary>A document as it is served. It is kept compressed, a tenth of its size: all documents together have some ten megabytes, and most clients take them compressed.</summary>
/// <param name="Gzip">The document, compressed.</param>
/// <param name="Hash">Upper-case hex; the entity tag (<c>"hash"</c>) and the <c>hash</c> query parameter of the index.</param>
public sealed record OpenApiDocument(ReadOnlyMemory<byte> Gzip, string Hash)
{
    /// <param name="bytes">JSON in UTF-8, or protobuf.</param>
    /// <param name="hash">See <see cref="Hash"/>.</param>
    public static OpenApiDocument Of(ReadOnlySpan<byte> bytes, string hash)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(bytes);
        return new(compressed.ToArray(), hash);
    }

    /// <summary>The document as it was written; decompressed with every call.</summary>
    public byte[] Bytes()
    {
        using var source = new MemoryStream(Gzip.ToArray());
        using var gzip = new GZipStream(source, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}

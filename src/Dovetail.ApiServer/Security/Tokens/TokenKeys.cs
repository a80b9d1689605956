using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Dovetail.ApiServer.Security.Tokens;

/// <summary>
/// The keys of service account tokens (ES256). <c>sa.key</c> (mode 0600) signs; <c>sa-NAME.pub</c> beside it are keys that signed once and whose tokens are still accepted.
/// To change the key, write the public half of <c>sa.key</c> to such a file, delete <c>sa.key</c> and start again; the old file goes when its last token has expired.
/// </summary>
public sealed class TokenKeys : IDisposable
{
    public const string Algorithm = "ES256";

    private readonly ECDsa signing;
    private readonly FrozenDictionary<string, ECDsa> accepted;

    private TokenKeys(ECDsa signing, IEnumerable<ECDsa> older)
    {
        this.signing = signing;
        KeyId = IdOf(signing);
        accepted = older.Prepend(signing).DistinctBy(IdOf).ToFrozenDictionary(IdOf);
    }

    /// <summary>The key that signs: the hash of its public half, as upstream names keys.</summary>
    public string KeyId { get; }

    /// <exception cref="InvalidDataException">A key file holds no P-256 key.</exception>
    public static TokenKeys LoadOrCreate(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "sa.key");
        if (!File.Exists(path))
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            PemFiles.WriteSecret(path, made.ExportPkcs8PrivateKeyPem() + "\n");
        }

        return new(Read(path), Directory.EnumerateFiles(folder, "sa-*.pub").Select(Read));
    }

    /// <summary>Keys that nobody will know after this process.</summary>
    public static TokenKeys Ephemeral() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256), []);

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (signing) return signing.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <param name="keyId">As the token's header names it; "" tries every key.</param>
    /// <param name="data">What was signed.</param>
    /// <param name="signature">r and s.</param>
    public bool Verify(string keyId, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (keyId.Length > 0) return accepted.TryGetValue(keyId, out var key) && Verify(key, data, signature);
        foreach (var candidate in accepted.Values)
        {
            if (Verify(candidate, data, signature)) return true;
        }

        return false;
    }

    /// <summary>The public keys as a JSON Web Key Set (RFC 7517).</summary>
    public string ToJwks()
    {
        var keys = accepted.OrderBy(k => k.Key != KeyId).ThenBy(k => k.Key, StringComparer.Ordinal).Select(entry =>
        {
            var point = entry.Value.ExportParameters(includePrivateParameters: false).Q;
            return $$"""{"use":"sig","kty":"EC","kid":"{{entry.Key}}","crv":"P-256","alg":"{{Algorithm}}","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
        });
        return $$"""{"keys":[{{string.Join(',', keys)}}]}""";
    }

    public void Dispose()
    {
        foreach (var key in accepted.Values) key.Dispose();
    }

    private static bool Verify(ECDsa key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        lock (key) return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static string IdOf(ECDsa key) => Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    private static ECDsa Read(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path, Encoding.ASCII));
            if (key.KeySize == 256) return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new InvalidDataException($"{path} is no key of service account tokens: {e.Message}", e);
        }

        key.Dispose();
        throw new InvalidDataException($"{path} is no P-256 key");
    }
}

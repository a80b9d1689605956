using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.ApiServer.Security;

/// <summary>Static bearer tokens in upstream's CSV format: <c>token,user,uid</c> and optionally <c>"group1,group2"</c>.</summary>
/// <remarks>Only hashes are kept, and every one is compared: neither a hit nor its place shows in the time that a look-up takes.</remarks>
public sealed class TokenFile
{
    private readonly ImmutableArray<(byte[] Hash, UserInfo User)> entries;

    private TokenFile(ImmutableArray<(byte[] Hash, UserInfo User)> entries) => this.entries = entries;

    /// <exception cref="InvalidDataException">A line is malformed; the message says which, without its content.</exception>
    public static TokenFile Load(string path) => Parse(File.ReadAllLines(path), path);

    /// <inheritdoc cref="Load"/>
    public static TokenFile Parse(IReadOnlyList<string> lines, string path)
    {
        var entries = ImmutableArray.CreateBuilder<(byte[], UserInfo)>();
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Trim().Length == 0 || lines[i].StartsWith('#')) continue;
            var fields = Csv(lines[i]) ?? throw Bad(path, i, "has a quotation mark that is not closed or not at a field's start");
            if (fields.Count is < 3 or > 4) throw Bad(path, i, $"has {fields.Count} fields; token,user,uid and optionally \"group1,group2\" are expected");
            if (fields[0].Length == 0) throw Bad(path, i, "has an empty token");
            if (fields[1].Length == 0) throw Bad(path, i, "has an empty user name");
            var hash = Hash(fields[0]);
            if (entries.Any(e => e.Item1.AsSpan().SequenceEqual(hash))) throw Bad(path, i, "repeats the token of an earlier line");
            var groups = fields.Count == 4 ? fields[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [];
            entries.Add((hash, new UserInfo(fields[1], [.. groups, Groups.Authenticated]) { Uid = fields[2] }));
        }

        return new(entries.ToImmutable());
    }

    /// <summary>The token's user, or null.</summary>
    public UserInfo? Find(string token)
    {
        var hash = Hash(token);
        UserInfo? found = null;
        foreach (var (candidate, user) in entries)
        {
            if (CryptographicOperations.FixedTimeEquals(candidate, hash)) found = user;
        }

        return found;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static InvalidDataException Bad(string path, int index, string what) => new($"token file {path}: line {index + 1} {what}");

    private static List<string>? Csv(string line)
    {
        var fields = new List<string>();
        for (var at = 0; at <= line.Length;)
        {
            if (at < line.Length && line[at] == '"')
            {
                var end = line.IndexOf('"', at + 1);
                if (end < 0 || (end + 1 < line.Length && line[end + 1] != ',')) return null;
                fields.Add(line[(at + 1)..end]);
                at = end + 2;
            }
            else
            {
                var end = line.IndexOf(',', at);
                if (end < 0) end = line.Length;
                if (line.AsSpan(at, end - at).Contains('"')) return null;
                fields.Add(line[at..end].Trim());
                at = end + 1;
            }
        }

        return fields;
    }
}

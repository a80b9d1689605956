using System.Globalization;
using System.Text;
using Dovetail.ApiServer.Registry;

namespace Dovetail.ApiServer.Nodes;

/// <summary>The head of an HTTP/1.1 answer to a request for an upgrade, and what came behind it in the same packet.</summary>
internal sealed record TunnelHead(int Code, IReadOnlyList<(string Name, string Value)> Headers, ReadOnlyMemory<byte> Rest)
{
    private const int Longest = 32 * 1024;

    /// <exception cref="Machinery.Errors.StatusException">500: what comes is no such head.</exception>
    public static async Task<TunnelHead> ReadAsync(Stream stream, CancellationToken ct)
    {
        var buffer = new byte[Longest];
        var count = 0;
        while (true)
        {
            if (buffer.AsSpan(0, count).IndexOf("\r\n\r\n"u8) is var end and >= 0) return Parse(Encoding.Latin1.GetString(buffer, 0, end), buffer.AsMemory(end + 4, count - end - 4));
            if (count == buffer.Length) throw Broken("its header is too long");
            var read = await stream.ReadAsync(buffer.AsMemory(count), ct);
            if (read == 0) throw Broken("it closed the connection");
            count += read;
        }
    }

    private static TunnelHead Parse(string text, ReadOnlyMemory<byte> rest)
    {
        var lines = text.Split("\r\n");
        var words = lines[0].Split(' ');
        if (words.Length < 2 || !lines[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var code)) throw Broken("it does not speak HTTP/1.1");
        var headers = new List<(string, string)>();
        foreach (var line in lines.AsSpan(1))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0) headers.Add((line[..colon].Trim(), line[(colon + 1)..].Trim()));
        }

        return new(code, headers, rest);
    }

    private static Machinery.Errors.StatusException Broken(string why) => Refusals.Internal($"unable to upgrade connection: {why}");
}

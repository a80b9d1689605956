using System.Net;

namespace Dovetail.Node.Network.Dns;

/// <summary>The host's name servers, read again when the file changes (a laptop moves between networks).</summary>
internal sealed class ResolvConf(string file)
{
    private const int Port = 53;
    private readonly Lock gate = new();
    private DateTime readAt;
    private IReadOnlyList<IPEndPoint> servers = [];

    public IReadOnlyList<IPEndPoint> Servers()
    {
        lock (gate)
        {
            var changed = File.GetLastWriteTimeUtc(file);
            if (changed == readAt) return servers;
            servers = File.Exists(file) ? Parse(File.ReadLines(file)) : [];
            readAt = changed;
            return servers;
        }
    }

    public static IReadOnlyList<IPEndPoint> Parse(IEnumerable<string> lines) =>
    [
        .. lines.Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(words => words is ["nameserver", _, ..])
            .Select(words => IPAddress.TryParse(words[1], out var address) ? address : null).OfType<IPAddress>().Take(3).Select(address => new IPEndPoint(address, Port)),
    ];
}

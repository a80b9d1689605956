using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dovetail.Cli.Platform;

/// <summary>Whether an address can be listened on, asked before anything is started.</summary>
internal static class ListenAddress
{
    /// <summary>Refuses an address that is taken, names who has it, or that is none of this machine's.</summary>
    /// <param name="what">Who wants to listen, for the message.</param>
    /// <param name="next">What the user can do when it is taken.</param>
    public static void Require(IPEndPoint wanted, string what, string next)
    {
        using var socket = new Socket(wanted.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(wanted);
            socket.Listen();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new UserErrorException($"{what} cannot listen on {wanted}: {Owner(wanted.Port) ?? "another program"} has the port", next);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            throw new UserErrorException($"{what} cannot listen on {wanted}: this machine has no such address", "Choose an address of this machine with --listen; 0.0.0.0 stands for all.");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new UserErrorException($"{what} cannot listen on {wanted}: ports below 1024 need root", "Choose another port with --listen.");
        }
    }

    /// <summary>Who listens on the port, <c>process 4711 (nginx)</c>, as far as this user may see it.</summary>
    public static string? Owner(int port)
    {
        var sockets = new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(Listening).Where(l => l.Port == port).Select(l => $"socket:[{l.Inode}]").ToHashSet();
        if (sockets.Count == 0) return null;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            try
            {
                if (Directory.EnumerateFiles($"{process}/fd").Any(fd => new FileInfo(fd).LinkTarget is { } target && sockets.Contains(target)))
                    return $"process {Path.GetFileName(process)} ({File.ReadAllText($"{process}/comm").Trim()})";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or it has ended.
            }
        }

        return null;
    }

    /// <example><code>  0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 33155 1 …</code></example>
    private static IEnumerable<(int Port, string Inode)> Listening(string table) =>
        File.ReadLines(table).Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == "0A")
            .Select(fields => (int.Parse(fields[1].AsSpan(fields[1].LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture), fields[9]));
}

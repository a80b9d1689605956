using System.Globalization;
using System.Text;

namespace Dovetail.Node.Kubelet.Logs;

/// <summary>One line of a log in the format of the container runtime interface.</summary>
/// <example><code>2026-11-23T22:05:59.123456789Z stdout F what was printed
/// 2026-11-23T22:06:01.000000000Z stderr P the beginning of a long line that goes on in the next one</code></example>
internal readonly ref struct CriLogLine
{
    private CriLogLine(ReadOnlySpan<byte> stamp, LogStreams stream, bool partial, ReadOnlySpan<byte> text)
    {
        Stamp = stamp;
        Stream = stream;
        Partial = partial;
        Text = text;
    }

    /// <summary>As it is in the file.</summary>
    public ReadOnlySpan<byte> Stamp { get; }

    public LogStreams Stream { get; }

    public bool Partial { get; }

    public ReadOnlySpan<byte> Text { get; }

    /// <summary>To 100 ns, which is what .NET's clock has.</summary>
    public DateTimeOffset Time => DateTimeOffset.TryParse(Encoding.ASCII.GetString(Stamp), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : DateTimeOffset.MinValue;

    /// <summary>False: the line is none of that form, for one because its beginning was cut away.</summary>
    /// <param name="line">Without its line end.</param>
    /// <param name="parsed">Parts of <paramref name="line"/>.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out CriLogLine parsed)
    {
        parsed = default;
        var stampEnd = line.IndexOf((byte)' ');
        if (stampEnd < 20 || line[10] != 'T') return false;
        var stamp = line[..stampEnd];
        line = line[(stampEnd + 1)..];
        var stream = line.StartsWith("stdout "u8) ? LogStreams.Stdout : line.StartsWith("stderr "u8) ? LogStreams.Stderr : 0;
        if (stream == 0) return false;
        line = line[7..];
        var tagEnd = line.IndexOf((byte)' ');
        if (tagEnd < 1) return false;
        // More tags may follow the first one, behind colons.
        parsed = new(stamp, stream, line[0] == 'P' && (tagEnd == 1 || line[1] == ':'), line[(tagEnd + 1)..]);
        return true;
    }
}

using System.Text.Json;
using Dovetail.Cli.Platform;
using Dovetail.Node.Host;

namespace Dovetail.Cli.Supervision;

/// <summary>One process of the platform as it was started; with start time and boot nobody mistakes another process for it.</summary>
public sealed record PartRecord(int Pid, long StartTicks, string BootId)
{
    internal ProcessId Id => new(Pid, StartTicks, BootId);

    /// <summary>The part's live process, or null.</summary>
    internal static ProcessId? FindAlive(DataDirectory data, string part) => Find(data, part) is { IsAlive: true } alive ? alive : null;

    /// <summary>The part's last process, alive or not; null when none is recorded.</summary>
    internal static ProcessId? Find(DataDirectory data, string part)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(data.Record(part)), PlatformJson.Default.PartRecord)?.Id;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null; // Never started, or started by nobody who lived to write it down.
        }
    }

    /// <summary>On a full disk the last record's own blocks are written again. Throws <see cref="IOException"/> when that cannot be done either.</summary>
    internal static void Write(DataDirectory data, string part, ProcessId id)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new PartRecord(id.Pid, id.StartTicks, id.BootId), PlatformJson.Default.PartRecord);
        try
        {
            AtomicFile.Write(data.Record(part), content);
        }
        catch (IOException) when (File.Exists(data.Record(part)))
        {
            WriteInPlace(data.Record(part), content);
        }
    }

    /// <summary>Blanks at the end are no part of JSON: the file keeps its length, and with it its place on the disk.</summary>
    internal static void WriteInPlace(string path, ReadOnlySpan<byte> content)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var padded = new byte[Math.Max(content.Length, file.Length)];
        padded.AsSpan().Fill((byte)' ');
        content.CopyTo(padded);
        file.Write(padded);
    }
}

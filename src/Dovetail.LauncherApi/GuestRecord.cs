using System.Text.Json;

namespace Dovetail.LauncherApi;

/// <summary>
/// What a sandbox remembers of its one guest, kept beside the launcher's socket. A restarted launcher learns from it which domain to look for and that an ended guest is not to be
/// started again; the handler reads from it how a guest ended when the sandbox is gone.
/// </summary>
public sealed record GuestRecord
{
    /// <summary>libvirt's name of the domain.</summary>
    public required string Domain { get; init; }

    /// <summary>Starting, Running, Ended or Failed.</summary>
    public required DomainState State { get; init; }

    public EndReason EndReason { get; init; }

    public string FailureReason { get; init; } = "";

    public string Message { get; init; } = "";

    public string MachineType { get; init; } = "";

    public long GracePeriodSeconds { get; init; }

    /// <summary>Where the serial console's log is, inside the sandbox; "" when there is none.</summary>
    public string SerialLog { get; init; } = "";

    /// <summary>The record in a <c>sockets</c> folder; null when there is none. The folder belongs to the sandbox's uid: links are not followed and a long or malformed file counts as none.</summary>
    public static GuestRecord? Read(string socketsFolder)
    {
        var file = new FileInfo(Path.Combine(socketsFolder, SandboxLayout.GuestRecordName));
        if (!file.Exists || file.LinkTarget is not null || file.Length > 65536) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), LauncherJson.Default.GuestRecord);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Written beside and renamed over: a reader sees the old record or the new one.</summary>
    public void Write(string socketsFolder)
    {
        var path = Path.Combine(socketsFolder, SandboxLayout.GuestRecordName);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, LauncherJson.Default.GuestRecord));
        File.Move(path + ".new", path, overwrite: true);
    }
}

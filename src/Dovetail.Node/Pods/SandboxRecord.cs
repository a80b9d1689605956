using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dovetail.Node.Host;

namespace Dovetail.Node.Pods;

/// <summary>How far a pod's sandbox has come.</summary>
/// <remarks><code>
/// Preparing → Starting → Running → Ended
///     └─────────────┴────────────────┘ (cannot be made, or removed before it ran)
/// </code>
/// Starting is written before the process is made: an agent that finds it looks whether there is one. Ended holds until the pod's status says so.</remarks>
[JsonConverter(typeof(JsonStringEnumConverter<SandboxPhase>))]
internal enum SandboxPhase
{
    Preparing,
    Starting,
    Running,
    Ended,
}

/// <summary>An image's disk that the sandbox has.</summary>
internal sealed record BoundDisk(string Container, string Image, string Digest, string HostPath, string InsidePath);

/// <summary>
/// Everything of a pod on this host that its API object does not tell; written before the thing itself is made, so that nothing exists that no record names.
/// </summary>
internal sealed record SandboxRecord
{
    public int Version { get; init; } = 1;

    public required string PodUid { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required int Uid { get; init; }

    public required string Netns { get; init; }

    /// <summary>The boot in which everything above was made; after another boot only the folders are left of it.</summary>
    public required string BootId { get; init; }

    public required SandboxPhase Phase { get; init; }

    /// <summary>Empty until the pod is on the network.</summary>
    public ImmutableArray<string> PodIps { get; init; } = [];

    public ImmutableArray<BoundDisk> Disks { get; init; } = [];

    public int InitPid { get; init; }

    public long InitStartTicks { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the launcher first answered on its socket.</summary>
    public DateTimeOffset? LauncherAnsweredAt { get; init; }

    /// <summary>When the sandbox was asked to end (SIGTERM).</summary>
    public DateTimeOffset? TermSentAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Of the init; 137 when it was killed.</summary>
    public int ExitCode { get; init; }

    public string EndReason { get; init; } = "";

    public string EndMessage { get; init; } = "";

    public ProcessId Init => new(InitPid, InitStartTicks, BootId);
}

/// <summary>The records, one durable file in each pod's folder.</summary>
internal sealed class SandboxRecords(NodePaths paths)
{
    public SandboxRecord? Find(string podUid)
    {
        if (DurableFile.Read(FileOf(podUid)) is not { } bytes) return null;
        var record = JsonSerializer.Deserialize(bytes, RecordJson.Default.SandboxRecord);
        return record is { Version: 1 } ? record : throw new InvalidDataException($"{FileOf(podUid)} was written by a newer version of Dovetail");
    }

    public IReadOnlyList<SandboxRecord> List() => [.. PodUids().Select(Find).OfType<SandboxRecord>()];

    /// <summary>Pods that have a folder, with or without a record.</summary>
    public IReadOnlyList<string> PodUids() =>
        Directory.Exists(paths.Pods) ? [.. Directory.EnumerateDirectories(paths.Pods).Select(Path.GetFileName).OfType<string>()] : [];

    public SandboxRecord Write(SandboxRecord record)
    {
        Directory.CreateDirectory(paths.Pod(record.PodUid));
        DurableFile.Write(FileOf(record.PodUid), JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.SandboxRecord));
        return record;
    }

    /// <summary>Forgets the pod; the last step of its removal.</summary>
    public void Remove(string podUid) => DurableFile.RemoveTree(paths.Pod(podUid));

    private string FileOf(string podUid) => $"{paths.Pod(podUid)}/sandbox.json";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(SandboxRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;

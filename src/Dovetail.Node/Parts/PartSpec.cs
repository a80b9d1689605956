using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dovetail.Node.Host;

namespace Dovetail.Node.Parts;

/// <summary>A program beside the agent: what runs it and how to see that it is well.</summary>
internal sealed record PartSpec
{
    /// <summary>containerd, registry.</summary>
    public required string Name { get; init; }

    public required ImmutableArray<string> Command { get; init; }

    /// <summary>The loopback port that it listens on, where it has one: what another program serves there must not pass for the part.</summary>
    public int? Port { get; init; }

    /// <summary>Null when it is well, else what is wrong.</summary>
    public required Func<CancellationToken, Task<string?>> Probe { get; init; }
}

/// <summary>The running process of a part, written when it was started, so that the next agent finds it.</summary>
internal sealed record PartRecord(int Pid, long StartTicks, string BootId, string Command)
{
    [JsonIgnore]
    public ProcessId Process => new(Pid, StartTicks, BootId);
}

/// <summary>Health of a part of the node, for the component status in the API.</summary>
public sealed record PartHealth(string Name, int Pid, bool Healthy, string Message);

internal sealed class PartRecords(NodePaths paths)
{
    public PartRecord? Find(string part) => DurableFile.Read(FileOf(part)) is { } bytes ? JsonSerializer.Deserialize(bytes, PartJson.Default.PartRecord) : null;

    public void Write(string part, PartRecord record) => DurableFile.Write(FileOf(part), JsonSerializer.SerializeToUtf8Bytes(record, PartJson.Default.PartRecord));

    public void Remove(string part) => File.Delete(FileOf(part));

    public IEnumerable<string> Names() => Directory.Exists(paths.Parts) ? Directory.EnumerateFiles(paths.Parts, "*.pid.json").Select(file => Path.GetFileName(file)[..^".pid.json".Length]) : [];

    private string FileOf(string part) => $"{paths.Parts}/{part}.pid.json";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PartRecord))]
internal sealed partial class PartJson : JsonSerializerContext;

using Dovetail.Cli.Platform;
using Dovetail.Node.Host;

namespace Dovetail.Cli.Supervision;

/// <summary>
/// Counts how often each part has ended while somebody waits for the platform. The supervisor starts a part again after a pause, in which its record still names the dead process:
/// who looks more often than that misses none.
/// </summary>
internal sealed class PartDeaths
{
    /// <summary>One death may be an accident or somebody's doing, and the supervisor mends it; a part that ends so often has something that waiting does not cure.</summary>
    private const int Hopeless = 4;

    private const int Words = 8;
    private readonly DataDirectory _data;
    private readonly Dictionary<string, Seen> _seen;

    private readonly record struct Seen(ProcessId? Counted, int Deaths, long LogStart);

    public PartDeaths(DataDirectory data)
    {
        _data = data;
        _seen = Parts.All.ToDictionary(part => part, part => new Seen(PartRecord.Find(data, part), 0, Length(data.Log(part))));
        foreach (var part in Parts.All.Where(part => PartRecord.FindAlive(data, part) is not null)) _seen[part] = _seen[part] with { Counted = null };
    }

    /// <summary>The part that has ended most often; null when none has.</summary>
    public string? Worst => _seen.Where(s => s.Value.Deaths > 0).OrderByDescending(s => s.Value.Deaths).Select(s => s.Key).FirstOrDefault();

    public int Of(string part) => _seen[part].Deaths;

    /// <summary>Counts who has ended since the last look. Returns the part that is not going to stay.</summary>
    public string? Look()
    {
        foreach (var part in Parts.All)
        {
            if (PartRecord.Find(_data, part) is { IsAlive: false } dead && dead != _seen[part].Counted) _seen[part] = _seen[part] with { Counted = dead, Deaths = _seen[part].Deaths + 1 };
        }

        // Without systemd a supervisor is started again by the parts only.
        var nobodyLeft = _seen[Parts.Supervisor].Deaths > 0 && !Systemd.IsRunning && Parts.All.All(part => PartRecord.FindAlive(_data, part) is null);
        return nobodyLeft ? Parts.Supervisor : Parts.All.FirstOrDefault(part => _seen[part].Deaths >= Hopeless);
    }

    /// <summary>The last lines that the part has written since the count began, without the frames of stacks.</summary>
    public IReadOnlyList<string> LastWords(string part)
    {
        try
        {
            using var log = new FileStream(_data.Log(part), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (log.Length >= _seen[part].LogStart) log.Position = _seen[part].LogStart; // else the log was begun anew
            using var reader = new StreamReader(log);
            List<string> said = [.. reader.ReadToEnd().Split('\n').Where(line => line.Trim().Length > 0 && !line.StartsWith("   at ", StringComparison.Ordinal)).TakeLast(Words)];
            return said.Count > 0 ? said : ["(nothing)"];
        }
        catch (IOException e)
        {
            return [e.Message];
        }
    }

    private static long Length(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dovetail.Bench;

/// <summary>The figures of one run: printed as they come, written as JSON with the conditions that they were taken under.</summary>
internal sealed class Results
{
    private readonly JsonObject _figures = [];

    /// <summary>One figure. <paramref name="target"/> is its upper bound, where the project has promised one.</summary>
    public void Add(string name, double value, string unit, double? target = null)
    {
        var rounded = Math.Round(value, 3);
        _figures[name] = new JsonObject { ["value"] = rounded, ["unit"] = unit };
        if (target is { } bound) _figures[name]!["target"] = bound;
        Console.WriteLine($"  {name,-44} {rounded,10:0.###} {unit,-6}{(target is null ? "" : rounded <= target ? $"ok (at most {target})" : $"MISSED (at most {target})")}");
    }

    /// <summary>Median, least and greatest of several measurements.</summary>
    public void AddSeries(string name, IReadOnlyCollection<double> values, string unit, double? target = null)
    {
        Add(name, Median(values), unit, target);
        _figures[name]!["n"] = values.Count;
        _figures[name]!["min"] = Math.Round(values.Min(), 3);
        _figures[name]!["max"] = Math.Round(values.Max(), 3);
    }

    public void Note(string text)
    {
        _figures["notes"] ??= new JsonArray();
        _figures["notes"]!.AsArray().Add((JsonNode)text);
        Console.WriteLine($"  {text}");
    }

    public void Write(string path)
    {
        var document = new JsonObject
        {
            ["taken"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", null),
            ["cores"] = Environment.ProcessorCount,
            ["loadAverage"] = File.ReadAllText("/proc/loadavg").Split(' ')[0],
            ["kernel"] = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            ["figures"] = _figures,
        };
        using var file = File.Create(path);
        using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        document.WriteTo(writer);
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

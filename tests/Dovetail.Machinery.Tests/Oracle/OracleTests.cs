using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Patch;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Patches, server-side apply and schemas against upstream's libraries: a few hundred answers are kept in <c>vectors.jsonl</c>, and with an oracle at hand thousands of new cases are tried.</summary>
public sealed class OracleTests
{
    private static readonly (string Name, Func<Dice, JsonObject> Make)[] Kinds =
    [
        ("json", PatchCases.JsonPatch),
        ("merge", PatchCases.Merge),
        ("strategic", StrategicCases.Patch),
        ("ssa", ApplyCases.Sequence),
        ("crd", ObjectCases.Create),
        ("pattern", PatternCases.Case),
    ];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. Kinds.Select(k => k.Name)];

    private static string VectorFile => Path.Combine(AppContext.BaseDirectory, "Oracle", "vectors.jsonl");

    [Theory]
    [MemberData(nameof(Names))]
    public void Kept_answers_of_upstream_are_ours(string kind)
    {
        var seen = 0;
        foreach (var line in File.ReadLines(VectorFile))
        {
            var vector = (JsonObject)JsonNode.Parse(line)!;
            if ((string)vector["case"]!["op"]! != kind) continue;
            Compare((JsonObject)vector["case"]!, (JsonObject)vector["answer"]!).ShouldBeNull();
            seen++;
        }

        seen.ShouldBeGreaterThan(30);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_cases_agree_with_the_oracle(string kind)
    {
        using var oracle = OracleProcess.Start();
        Assert.SkipWhen(oracle is null, $"{OracleProcess.Variable} names no oracle");
        var make = Kinds.Single(k => k.Name == kind).Make;
        var count = int.Parse(Environment.GetEnvironmentVariable("DOVETAIL_PATCH_ORACLE_CASES") ?? "2000");
        var differences = new List<string>();
        var kept = new List<string>();
        for (var seed = 1; seed <= count; seed++)
        {
            var request = make(new Dice((ulong)seed));
            var answer = oracle.Ask((JsonObject)request.DeepClone());
            if (answer.ContainsKey("schemaError") || answer.ContainsKey("panic")) continue;
            if (Compare(request, answer) is { } difference) differences.Add($"seed {seed}: {difference}");
            else if (kept.Count < 80) kept.Add(new JsonObject { ["case"] = request.DeepClone(), ["answer"] = answer }.ToJsonString(Plain));
        }

        if (Environment.GetEnvironmentVariable("DOVETAIL_PATCH_VECTORS") is { Length: > 0 } folder) File.WriteAllLines(Path.Combine(folder, $"{kind}.jsonl"), kept);
        differences.ShouldBeEmpty($"{differences.Count} of {count} differ:\n{string.Join("\n\n", differences.Take(12))}");
    }

    private static string? Compare(JsonObject request, JsonObject answer)
    {
        var ours = OurAnswers.To((JsonObject)request.DeepClone());
        var theirs = (JsonObject)answer.DeepClone();
        // Which operation failed stays in upstream's library: its server says another sentence.
        if (request["op"]!.GetValue<string>() is "json" or "merge") theirs.Remove("error");
        // Of several things that are wrong, upstream names whichever its maps happen to show first.
        if (ours.ContainsKey("error") && theirs.ContainsKey("error") && request["op"]!.GetValue<string>() == "strategic") return null;
        foreach (var (name, value) in theirs)
        {
            if (name is not ("result" or "error" or "code" or "unknown" or "errors"))
            {
                if (name == "steps" && Steps((JsonArray)ours["steps"]!, (JsonArray)value!) is { } step) return $"{step}\nof {request.ToJsonString(Plain)}";
                continue;
            }

            var expected = name switch { "errors" => Bodies((JsonArray)value!), "unknown" => Sorted(value as JsonArray ?? []), _ => value };
            if (!JsonEquality.Equal(ours[name], expected)) return $"{request.ToJsonString(Plain)}\n ours  {Short(ours)}\n theirs {Short(answer)}";
        }

        return null;
    }

    private static string? Steps(JsonArray ours, JsonArray theirs)
    {
        for (var i = 0; i < theirs.Count; i++)
        {
            (ours[i], theirs[i]) = (Ordered(ours[i]!), Ordered(theirs[i]!));
            foreach (var name in new[] { "result", "error" })
            {
                var (mine, upstreams) = (ours[i]![name], theirs[i]![name]);
                // Upstream stops at the first field that it does not know, in the random order of a Go map.
                if (name == "error" && mine is not null && upstreams is not null && ((string)upstreams!).Contains("field not declared in schema") && ((string)upstreams!).Split(": ")[^2..].All(((string)mine!).Contains)) continue;
                if (name == "result" ? !JsonEquality.Equal(mine, upstreams) || !SameOrder(mine, upstreams) : mine?.ToString() != upstreams?.ToString())
                    return $"step {i}\n ours  {Short(ours[i])}\n theirs {Short(theirs[i])}";
            }
        }

        return null;
    }

    /// <summary>The order of entries is that of their times, which no two runs share; that of several errors is chance upstream.</summary>
    private static JsonObject Ordered(JsonNode step)
    {
        var copy = (JsonObject)step.DeepClone();
        if (copy["error"] is { } error) copy["error"] = string.Join('\n', ((string)error!).Split('\n').Order(StringComparer.Ordinal));
        if (copy["result"]?["metadata"]?["managedFields"] is JsonArray entries)
            copy["result"]!["metadata"]!["managedFields"] = new JsonArray([.. entries.OrderBy(e => $"{e!["operation"]} {e["manager"]}", StringComparer.Ordinal).Select(e => e!.DeepClone())]);
        return copy;
    }

    /// <summary>The order of fields in FieldsV1 is part of the format.</summary>
    private static bool SameOrder(JsonNode? mine, JsonNode? theirs) => Entries(mine).Zip(Entries(theirs)).All(pair => pair.First!["fieldsV1"]?.ToJsonString() == pair.Second!["fieldsV1"]?.ToJsonString());

    private static IEnumerable<JsonNode?> Entries(JsonNode? obj) => obj?["metadata"]?["managedFields"] as JsonArray ?? [];

    private static JsonArray Bodies(JsonArray errors) => new([.. errors.Select(e => (string)e!).Select(e => e[(e.IndexOf('|', StringComparison.Ordinal) + 1)..]).Order(StringComparer.Ordinal).Select(e => JsonValue.Create(e))]);

    private static JsonArray Sorted(JsonArray paths) => new([.. paths.Select(p => (string)p!).Order(StringComparer.Ordinal).Select(p => JsonValue.Create(p))]);

    private static string Short(JsonNode? node) => node?.ToJsonString(Plain) ?? "null";
}

using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

/// <summary>Creates and patches of ours with what a Kubernetes 1.36 API server answered (<c>Data/rules.jsonl</c>): the object with its defaults, or the refusal, word by word and in order.</summary>
public sealed class UpstreamRulesTests
{
    [Fact]
    public void Objects_are_defaulted_and_refused_as_upstream_does()
    {
        var differences = new List<string>();
        foreach (var line in File.ReadLines(Data("rules.jsonl")))
        {
            var api = new RegistryHarness();
            var @case = JsonNode.Parse(line)!;
            var ns = @case["namespaced"]!.GetValue<bool>() ? "demo" : "";
            var name = @case["name"]!.GetValue<string>();
            var target = Target(@case["group"]!.GetValue<string>(), @case["version"]!.GetValue<string>(), @case["resource"]!.GetValue<string>(), ns);
            foreach (var step in @case["steps"]!.AsArray())
            {
                var answer = Try(api, target, name, step!);
                if (Expected(step!) != answer)
                    differences.Add($"{@case["resource"]} {(step!["body"] ?? step["patch"])!.ToJsonString()}\n  upstream {Expected(step)}\n  ours     {answer}");
            }
        }
        differences.ShouldBeEmpty();
    }

    private static string Try(RegistryHarness api, ObjectTarget target, string name, JsonNode step)
    {
        try
        {
            var obj = step["body"] is { } body
                ? api.Create(target, body.ToJsonString())
                : api.Merge(target with { Name = name, Subresource = step["sub"]!.GetValue<string>() }, step["patch"]!.ToJsonString());
            var generation = obj["metadata"]!["generation"]?.ToJsonString() ?? "none";
            foreach (var field in (string[])["metadata", "kind", "apiVersion"])
                obj.Remove(field);
            return $"{generation} {Sorted(obj)!.ToJsonString()}";
        }
        catch (StatusException e)
        {
            return $"{e.Status.Code} {e.Status.Message}";
        }
    }

    private static string Expected(JsonNode step) => step["object"] is { } obj
        ? $"{step["generation"]?.ToJsonString() ?? "none"} {Sorted(obj)!.ToJsonString()}"
        : $"{step["code"]} {step["message"]}";

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject obj => new JsonObject(obj.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static string Data(string name, [CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Data", name);
}

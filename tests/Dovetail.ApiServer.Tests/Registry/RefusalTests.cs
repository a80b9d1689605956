using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Tests.Registry;

/// <summary>Invalid objects, each with what a Kubernetes 1.36 API server answers to it (Data/refusals.jsonl, Data/ill-typed.jsonl, Data/status-refusals.jsonl).</summary>
public sealed class RefusalTests
{
    private readonly RegistryHarness api = new();
    private readonly HashSet<string> made = [];

    [Theory]
    [InlineData("refusals.jsonl")]
    [InlineData("ill-typed.jsonl")]
    public void Invalid_objects_are_refused_in_upstreams_words_and_order(string file)
    {
        var differences = new List<string>();
        foreach (var line in File.ReadLines(Data(file)))
        {
            var row = JsonNode.Parse(line)!;
            var answer = Answer((string)row["path"]!, row["object"]!.ToJsonString());
            if (answer != (string)row["message"]!) differences.Add($"{row["path"]} {row["object"]!.ToJsonString()}\n  upstream {row["message"]}\n  ours     {answer}");
        }

        differences.ShouldBeEmpty();
    }

    [Fact]
    public void A_status_that_cannot_be_is_refused_in_upstreams_words_and_order()
    {
        var differences = new List<string>();
        foreach (var line in File.ReadLines(Data("status-refusals.jsonl")))
        {
            var row = JsonNode.Parse(line)!;
            var answer = StatusAnswer(Target((string)row["path"]!), row["object"]!.ToJsonString(), row["status"]?.DeepClone());
            if (answer != (string)row["message"]!) differences.Add($"{row["path"]} {row["status"]?.ToJsonString()}\n  upstream {row["message"]}\n  ours     {answer}");
        }

        differences.ShouldBeEmpty();
    }

    private string StatusAnswer(ObjectTarget kind, string json, JsonNode? status)
    {
        var name = (string)JsonNode.Parse(json)!["metadata"]!["name"]!;
        if (made.Add($"{kind.Group}/{kind.Resource}/{name}")) api.Create(kind, json);
        var obj = api.Get(kind with { Name = name });
        obj["status"] = status;
        try
        {
            api.Update(kind with { Name = name, Subresource = "status" }, obj, new() { DryRun = true });
            return "written";
        }
        catch (StatusException refusal)
        {
            return refusal.Status.Message;
        }
    }

    private string Answer(string path, string json)
    {
        try
        {
            api.Create(Target(path), json, new() { DryRun = true });
            return "created";
        }
        catch (StatusException refusal)
        {
            return refusal.Status.Message;
        }
    }

    /// <summary>What a path names: <c>/apis/apps/v1/namespaces/demo/deployments</c>.</summary>
    internal static ObjectTarget Target(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, rest) = parts[0] == "api" ? ("", parts[1], parts[2..]) : (parts[1], parts[2], parts[3..]);
        var (ns, resource) = rest is ["namespaces", var named, var plural] ? (named, plural) : ("", rest[0]);
        return RegistryHarness.Target(group, version, resource, ns);
    }

    private static string Data(string file, [CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Data", file);
}

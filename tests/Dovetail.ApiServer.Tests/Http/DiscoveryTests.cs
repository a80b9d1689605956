using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>The served discovery beside that of a Kubernetes 1.36 API server (DOVETAIL_REFERENCE), field by field and in its order. There are no deviations.</summary>
public sealed class DiscoveryTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    [Theory]
    [InlineData("/api", "discovery-api.json")]
    [InlineData("/apis", "discovery-apis.json")]
    public async Task Every_group_version_lists_what_upstreams_lists(string path, string file)
    {
        var expected = Reference(file);
        var (_, served) = await server.GetAsync(path, Aggregated);

        var differences = new List<string>();
        Compare(path, expected, Own(served), differences);
        differences.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_plain_lists_say_the_same_as_the_aggregated_ones()
    {
        foreach (var (path, file) in new[] { ("/api", "discovery-api.json"), ("/apis", "discovery-apis.json") })
        {
            foreach (var group in Reference(file)["items"]!.AsArray())
            foreach (var version in group!["versions"]!.AsArray())
            {
                var name = group["metadata"]!["name"] is { } n ? $"/{n}" : "";
                var (_, list) = await server.GetAsync($"{path}{name}/{version!["version"]}");
                var expected = new List<string>();
                foreach (var resource in version["resources"]!.AsArray())
                {
                    expected.Add($"{resource!["resource"]} {resource["responseKind"]!["kind"]} {resource["verbs"]!.ToJsonString()}");
                    foreach (var subresource in resource["subresources"]?.AsArray() ?? [])
                        expected.Add($"{resource["resource"]}/{subresource!["subresource"]} {subresource["responseKind"]!["kind"]} {subresource["verbs"]!.ToJsonString()}");
                }

                list["resources"]!.AsArray().Select(r => $"{r!["name"]} {r["kind"]} {r["verbs"]!.ToJsonString()}").ShouldBe(expected, $"{path}{name}/{version["version"]}");
            }
        }
    }

    /// <summary>Values of a Kubernetes 1.36 API server: what is stored in another version or another group than it is served in has the hash of where it is stored.</summary>
    [Theory]
    [InlineData("/api/v1", "configmaps", "qFsyl6wFWjQ=")]
    [InlineData("/api/v1", "events", "r2yiGXH7wu8=")]
    [InlineData("/apis/events.k8s.io/v1", "events", "r2yiGXH7wu8=")]
    [InlineData("/apis/autoscaling/v1", "horizontalpodautoscalers", "qwQve8ut294=")]
    [InlineData("/apis/autoscaling/v2", "horizontalpodautoscalers", "qwQve8ut294=")]
    [InlineData("/api/v1", "bindings", null)]
    [InlineData("/api/v1", "pods/status", null)]
    public async Task A_storage_version_hash_tells_how_a_resource_is_stored(string path, string resource, string? hash)
    {
        var (_, list) = await server.GetAsync(path);

        var line = list["resources"]!.AsArray().Single(r => (string?)r!["name"] == resource)!;
        ((string?)line["storageVersionHash"]).ShouldBe(hash);
    }

    /// <summary>Without the group that the fixture adds.</summary>
    private static JsonObject Own(JsonObject served)
    {
        var items = served["items"]!.AsArray();
        foreach (var item in items.Where(i => (string?)i!["metadata"]!["name"] == "sub.example.com").ToArray()) items.Remove(item);
        return served;
    }

    private static void Compare(string at, JsonNode? theirs, JsonNode? ours, List<string> differences)
    {
        if (theirs is JsonObject left && ours is JsonObject right)
        {
            foreach (var key in left.Select(p => p.Key).Union(right.Select(p => p.Key))) Compare($"{at}.{key}", left[key], right[key], differences);
        }
        else if (theirs is JsonArray a && ours is JsonArray b && a.Count == b.Count)
        {
            for (var i = 0; i < a.Count; i++) Compare($"{at}[{(a[i] as JsonObject)?["resource"] ?? (a[i] as JsonObject)?["metadata"]?["name"] ?? i}]", a[i], b[i], differences);
        }
        else if (!JsonNode.DeepEquals(theirs, ours))
        {
            differences.Add($"{at}: upstream {theirs?.ToJsonString() ?? "nothing"}, ours {ours?.ToJsonString() ?? "nothing"}");
        }
    }

    private static JsonObject Reference(string file)
    {
        var root = Environment.GetEnvironmentVariable("DOVETAIL_REFERENCE") is { Length: > 0 } set ? set : Path.GetFullPath(Path.Combine(Repository(), "../shared/reference/data"));
        var path = Path.Combine(root, "kubernetes", file);
        if (!File.Exists(path)) Assert.Skip($"upstream's reference data is not at {path}");
        return JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
    }

    private static string Repository([System.Runtime.CompilerServices.CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../.."));
}

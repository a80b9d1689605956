using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Dovetail.ApiServer.Tests.Registry;

/// <summary>Valid objects that upstream doubts, each with the warnings of a Kubernetes 1.36 API server (<c>Data/warnings.jsonl</c>), word by word and in order.</summary>
public sealed class UpstreamWarningsTests
{
    [Fact]
    public void Doubtful_objects_are_warned_about_in_upstreams_words()
    {
        var api = new RegistryHarness();
        var differences = new List<string>();
        foreach (var line in File.ReadLines(Data()))
        {
            var row = JsonNode.Parse(line)!;
            var result = RegistryHarness.Done(api.Registry.CreateAsync(RefusalTests.Target((string)row["path"]!), RegistryHarness.Utf8(row["object"]!.ToJsonString()), new() { DryRun = true }, default));
            // Our own warning about kinds that nothing acts on is none of upstream's.
            var ours = string.Join("\n", result.Warnings.Where(static w => !w.EndsWith("nothing in this release of Dovetail acts on them", StringComparison.Ordinal)));
            var upstream = string.Join("\n", row["warnings"]!.AsArray().Select(static w => (string)w!));
            if (ours != upstream) differences.Add($"{row["path"]}\n  upstream {upstream}\n  ours     {ours}");
        }

        differences.ShouldBeEmpty();
    }

    private static string Data([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Data", "warnings.jsonl");
}

using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.OpenApi;

/// <summary>Upstream's data, found by DOVETAIL_REFERENCE or beside the repository. A test that needs it is skipped where it is absent.</summary>
internal static class ReferenceData
{
    public static JsonObject Json(string path) => JsonNode.Parse(File.ReadAllBytes(Path.Combine(Root(), path)))!.AsObject();

    public static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.json").Order(StringComparer.Ordinal);

    public static string Root()
    {
        var root = Environment.GetEnvironmentVariable("DOVETAIL_REFERENCE") is { Length: > 0 } set ? set : Path.GetFullPath(Path.Combine(Repository(), "../shared/reference/data"));
        if (!Directory.Exists(root))
            Assert.Skip($"upstream's reference data is not at {root}");
        return root;
    }

    public static string Repository([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../.."));
}

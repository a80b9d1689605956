using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dovetail.Api.Tests.Conformance;

/// <summary>Upstream's files, named by DOVETAIL_REFERENCE; a test that asks for them is skipped where they are not.</summary>
internal static class ReferenceData
{
    public static string Folder(string relative)
    {
        var folder = Path.Combine(Environment.GetEnvironmentVariable("DOVETAIL_REFERENCE") ?? Path.Combine(Repository(), "../shared/reference/data"), relative);
        if (!Directory.Exists(folder)) Assert.Skip($"no reference data at {folder} (DOVETAIL_REFERENCE)");
        return folder;
    }

    public static JsonObject Yaml(string file)
    {
        var yaml = new YamlStream();
        using var reader = new StreamReader(file);
        yaml.Load(reader);
        return (JsonObject)ToJson(yaml.Documents[0].RootNode)!;
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, ToJson(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Scalar(plain.Value!),
        YamlScalarNode quoted => JsonValue.Create(quoted.Value),
        _ => throw new NotSupportedException(node.GetType().Name),
    };

    private static JsonNode? Scalar(string text) => text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        "null" or "" => null,
        _ => long.TryParse(text, out var number) ? JsonValue.Create(number) : JsonValue.Create(text),
    };

    private static string Repository([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}

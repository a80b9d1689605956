using System.Text.Json.Nodes;
using Dovetail.Api.Tests.Crds;

namespace Dovetail.Api.Tests.Conformance;

/// <summary>Everything that upstream's schemas say of VirtualMachine and VirtualMachineInstance, ours say too; where ours differ on purpose it is listed here with the reason.</summary>
public sealed class UpstreamSchemaTests
{
    private static readonly string[] Facts =
        ["type", "nullable", "default", "enum", "minimum", "maximum", "maxItems", "minLength", "maxLength", "pattern", "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"];

    /// <summary>path suffix + fact → why ours differs.</summary>
    private static readonly Dictionary<string, string> Deviations = new(StringComparer.Ordinal)
    {
        ["metadata x-kubernetes-preserve-unknown-fields"] = "metadata of a template is spelled out, so that --validate=strict finds typing errors in it",
        ["clock x-kubernetes-preserve-unknown-fields"] = "clock is spelled out",
        ["readOnly x-kubernetes-validations"] = "as path",
        ["path x-kubernetes-validations"] = "admission checks it (CEL rules of upstream's schemas are rules of virt-api here)",
    };

    [Theory]
    [InlineData("virtualmachine")]
    [InlineData("virtualmachineinstance")]
    public void Every_fact_of_upstreams_schema_is_in_ours(string singular)
    {
        var folder = ReferenceData.Folder("kubevirt/crd-schemas");
        var theirs = ReferenceData.Yaml(Path.Combine(folder, $"{singular}.openAPIV3Schema.yaml"))["openAPIV3Schema"]!.AsObject();
        var ours = CrdGoldenTests.Generate(ApiTypes.All.Single(type => type.Singular == singular))["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();

        var differences = new List<string>();
        Compare(theirs, ours, "", differences);

        differences.ShouldBeEmpty();
    }

    private static void Compare(JsonObject theirs, JsonObject? ours, string path, List<string> differences)
    {
        if (ours is null)
        {
            differences.Add($"{path}: missing");
            return;
        }

        foreach (var (fact, value) in theirs)
            if (!Same(fact, value, ours) && !Deviations.ContainsKey($"{path.Split('.')[^1].TrimEnd('[', ']')} {fact}"))
                differences.Add($"{path}: {fact} is {value?.ToJsonString()} upstream, {ours[fact]?.ToJsonString() ?? "absent"} here");
        foreach (var (name, property) in theirs["properties"]?.AsObject() ?? [])
            Compare(property!.AsObject(), ours["properties"]?[name]?.AsObject(), $"{path}.{name}", differences);
        if (theirs["items"] is JsonObject items) Compare(items, ours["items"]?.AsObject(), path + "[]", differences);
        if (theirs["additionalProperties"] is JsonObject values) Compare(values, ours["additionalProperties"]?.AsObject(), path + ".*", differences);
    }

    private static bool Same(string fact, JsonNode? value, JsonObject ours) => fact switch
    {
        "description" or "properties" or "items" or "additionalProperties" or "anyOf" => true,
        "required" => value!.AsArray().All(name => ours["required"]?.AsArray().Any(n => (string)n! == (string)name!) == true),
        // A list without a type is atomic.
        "x-kubernetes-list-type" => (string)value! == ((string?)ours[fact] ?? "atomic"),
        "format" => (string)value! == (string?)ours[fact],
        _ when Facts.Contains(fact) => JsonNode.DeepEquals(value, ours[fact]),
        _ => false,
    };
}

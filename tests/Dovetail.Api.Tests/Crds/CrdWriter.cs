using System.Text.Json.Nodes;

namespace Dovetail.Api.Tests.Crds;

/// <summary>Writes the CustomResourceDefinition of a kind.</summary>
public static class CrdWriter
{
    public static JsonObject Write(ApiType type, JsonObject schema) => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = type.CrdName, ["labels"] = new JsonObject { ["kubevirt.io"] = "" } },
        ["spec"] = new JsonObject
        {
            ["group"] = type.Group,
            ["names"] = new JsonObject
            {
                ["kind"] = type.Kind,
                ["listKind"] = type.Kind + "List",
                ["plural"] = type.Plural,
                ["singular"] = type.Singular,
                ["shortNames"] = Strings(type.ShortNames),
                ["categories"] = Strings(type.Categories),
            },
            ["scope"] = type.Namespaced ? "Namespaced" : "Cluster",
            ["conversion"] = new JsonObject { ["strategy"] = "None" },
            ["versions"] = new JsonArray([.. type.Versions.Select(version => Version(type, version, schema))]),
        },
    };

    private static JsonObject Version(ApiType type, string version, JsonObject schema)
    {
        var entry = new JsonObject { ["name"] = version, ["served"] = true, ["storage"] = version == type.Versions[0] };
        if (type.DeprecatedVersions.Contains(version))
        {
            entry["deprecated"] = true;
            entry["deprecationWarning"] = $"{type.Group}/{version} is deprecated; use {type.Group}/{type.Versions[0]}";
        }

        entry["schema"] = new JsonObject { ["openAPIV3Schema"] = schema.DeepClone() };
        entry["subresources"] = type.StatusSubresource ? new JsonObject { ["status"] = new JsonObject() } : new JsonObject();
        entry["additionalPrinterColumns"] = new JsonArray([.. type.Columns.Select(Column)]);
        return entry;
    }

    private static JsonObject Column(PrinterColumn column)
    {
        var entry = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.JsonPath };
        if (column.Priority != 0) entry["priority"] = column.Priority;
        return entry;
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Tests.OpenApi;

namespace Dovetail.Machinery.Tests.Protobuf;

/// <summary>The numbers in the compact source against upstream's <c>generated.proto</c> files.</summary>
public class UpstreamFieldNumberTests
{
    [Fact]
    public void Every_field_has_upstreams_number()
    {
        var upstream = ReferenceData.Json("kubernetes/protobuf-fields.json");
        var wrong = new List<string>();
        var checkedFields = 0;
        foreach (var definition in BuiltInSchemas.DefinitionNames)
        {
            foreach (var field in BuiltInSchemas.FieldNumbers(definition))
            {
                checkedFields++;
                if (Message(upstream, definition) is not { } message || !Leads(upstream, message, definition, field))
                    wrong.Add($"{definition}.{field.Name} @{string.Join('.', field.Numbers)}");
            }
        }
        wrong.ShouldBeEmpty();
        checkedFields.ShouldBeGreaterThan(2000);
    }

    [Fact]
    public void No_field_is_without_a_number_but_those_that_are_never_sent()
    {
        foreach (var definition in BuiltInSchemas.DefinitionNames)
        {
            var schema = BuiltInSchemas.Get(definition);
            // The type of an answer, and a list that would be a message of its own in an answer.
            if (definition == "io.k8s.apimachinery.pkg.version.Info")
                continue;
            var numbered = BuiltInSchemas.FieldNumbers(definition).Select(static f => f.Name).ToHashSet();
            foreach (var (name, _) in schema.Properties)
            {
                if (!schema.Kinds.IsEmpty && name is "apiVersion" or "kind")
                    continue;
                (numbered.Contains(name) || (definition.EndsWith(".APIResource", StringComparison.Ordinal) && name == "verbs")).ShouldBeTrue($"{definition}.{name}");
            }
        }
    }

    /// <summary>Whether the numbers lead, through embedded structs, to a field of that name.</summary>
    private static bool Leads(JsonObject upstream, JsonObject message, string definition, NumberedField field)
    {
        for (var i = 0; ; i++)
        {
            var (name, facts) = message.FirstOrDefault(f => f.Value![0]!.GetValue<int>() == field.Numbers[i]);
            if (name is null)
                return false;
            if (i == field.Numbers.Length - 1)
                return Plain(name) == Plain(field.Name);
            var type = facts![1]!.GetValue<string>();
            var package = definition[..definition.LastIndexOf('.')];
            if (Message(upstream, type.Contains('.', StringComparison.Ordinal) ? "io.k8s" + type["k8s.io".Length..] : $"{package}.{type}") is not { } embedded)
                return false;
            message = embedded;
        }
    }

    /// <summary>protobuf writes <c>uID</c> for uid, <c>xKubernetesMapType</c> for x-kubernetes-map-type, <c>ref</c> for $ref.</summary>
    private static string Plain(string name) => new([.. name.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]);

    private static JsonObject? Message(JsonObject upstream, string definition) =>
        upstream["k8s.io" + definition["io.k8s".Length..].Replace('-', '_')] as JsonObject;
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patterns;

namespace Dovetail.Machinery.Schemas;

/// <summary>A parsed <c>openAPIV3Schema</c> with every problem found in it.</summary>
/// <param name="Problems">Malformed or non-structural parts, by field path; the schema is usable only when there are none.</param>
/// <param name="CelRulePaths">Schemas with <c>x-kubernetes-validations</c>: a caller that cannot evaluate them refuses the CRD by these names.</param>
public sealed record ParsedSchema(Schema Schema, IReadOnlyList<StatusCause> Problems, IReadOnlyList<string> CelRulePaths);

/// <summary>Reads a CRD's <c>openAPIV3Schema</c> and checks that it is structural, as apiextensions.k8s.io/v1 demands.</summary>
public sealed class SchemaParser
{
    private readonly List<StatusCause> problems = [];
    private readonly List<string> celRulePaths = [];

    private SchemaParser()
    {
    }

    /// <param name="openApiV3Schema">The schema's JSON; it is not kept.</param>
    /// <param name="path">Where the schema stands, for the paths of problems: <c>spec.versions[0].schema.openAPIV3Schema</c>.</param>
    public static ParsedSchema Parse(JsonObject openApiV3Schema, string path)
    {
        var parser = new SchemaParser();
        var schema = parser.Read(openApiV3Schema, path, Place.Root);
        if (parser.problems.Count == 0)
            DefaultRules.Check(schema, path, parser.problems);
        return new(schema, parser.problems, parser.celRulePaths);
    }

    /// <summary>Where a schema stands decides what it may say.</summary>
    private enum Place
    {
        Root,
        Field,
        Element,

        /// <summary>Inside allOf, anyOf, oneOf or not: only checks, nothing that gives the object its structure.</summary>
        Check,
    }

    private Schema Read(JsonObject json, string path, Place place)
    {
        var reader = new SchemaJson(json, path, problems);
        var schema = new Schema
        {
            Type = reader.Type(),
            Description = reader.Text("description"),
            Title = reader.Text("title"),
            Nullable = reader.Flag("nullable"),
            Default = json["default"]?.DeepClone(),
            Enum = [.. reader.Nodes("enum").Select(static n => n.DeepClone())],
            Format = reader.Text("format"),
            Pattern = Pattern(reader.Text("pattern"), path),
            Minimum = reader.Number("minimum"),
            Maximum = reader.Number("maximum"),
            ExclusiveMinimum = reader.Flag("exclusiveMinimum"),
            ExclusiveMaximum = reader.Flag("exclusiveMaximum"),
            MultipleOf = reader.Number("multipleOf"),
            MinLength = (long?)reader.Number("minLength"),
            MaxLength = (long?)reader.Number("maxLength"),
            MinItems = (long?)reader.Number("minItems"),
            MaxItems = (long?)reader.Number("maxItems"),
            MinProperties = (long?)reader.Number("minProperties"),
            MaxProperties = (long?)reader.Number("maxProperties"),
            Required = [.. reader.Texts("required")],
            IntOrString = reader.Flag("x-kubernetes-int-or-string"),
            PreserveUnknownFields = reader.Flag("x-kubernetes-preserve-unknown-fields"),
            EmbeddedResource = reader.Flag("x-kubernetes-embedded-resource"),
            ListType = reader.Choice<ListType>("x-kubernetes-list-type"),
            ListMapKeys = [.. reader.Texts("x-kubernetes-list-map-keys")],
            MapType = reader.Choice<MapType>("x-kubernetes-map-type"),
            CelRules = Rules(reader),
            Properties = Fields(json, path, place),
            Items = Items(json, path, place),
            AdditionalProperties = MapValues(json, path, place),
            AllOf = Checks(json, path, "allOf"),
            AnyOf = Checks(json, path, "anyOf"),
            OneOf = Checks(json, path, "oneOf"),
            Not = json["not"] is JsonObject not ? Read(not, $"{path}.not", Place.Check) : null,
        };
        if (!schema.CelRules.IsEmpty)
            celRulePaths.Add(path);
        CheckStructure(schema, json, path, place);
        return schema;
    }

    private SchemaProperties Fields(JsonObject json, string path, Place place)
    {
        if (json["properties"] is not JsonObject fields || fields.Count == 0)
            return SchemaProperties.Empty;
        var properties = new SchemaProperties();
        foreach (var (name, value) in fields)
        {
            var at = $"{path}.properties[{name}]";
            if (value is JsonObject field)
                properties.Add(name, Read(field, at, place == Place.Check ? place : Place.Field));
            else
                problems.Add(FieldErrors.TypeInvalid(at, value?.DeepClone(), "must be a schema"));
        }
        return properties;
    }

    private Schema? Items(JsonObject json, string path, Place place)
    {
        switch (json["items"])
        {
            case null:
                return null;
            case JsonObject items:
                return Read(items, $"{path}.items", place == Place.Check ? place : Place.Element);
            default:
                problems.Add(FieldErrors.Forbidden($"{path}.items", "items must be a schema object and not an array"));
                return null;
        }
    }

    private Schema? MapValues(JsonObject json, string path, Place place)
    {
        switch (json["additionalProperties"])
        {
            case null:
                return null;
            case JsonObject values:
                return Read(values, $"{path}.additionalProperties", place == Place.Check ? place : Place.Field);
            case JsonValue allowed when allowed.TryGetValue(out bool any):
                return any ? Schema.Anything : null;
            default:
                problems.Add(FieldErrors.Invalid($"{path}.additionalProperties", null, "must be a schema or a boolean"));
                return null;
        }
    }

    private ImmutableArray<Schema> Checks(JsonObject json, string path, string keyword)
    {
        if (json[keyword] is not JsonArray parts)
            return [];
        var checks = ImmutableArray.CreateBuilder<Schema>(parts.Count);
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i] is JsonObject part)
                checks.Add(Read(part, $"{path}.{keyword}[{i}]", Place.Check));
        }
        return checks.ToImmutable();
    }

    private GoPattern? Pattern(string pattern, string path)
    {
        if (pattern.Length == 0)
            return null;
        try
        {
            return GoPattern.Parse(pattern);
        }
        catch (GoPatternException e)
        {
            problems.Add(FieldErrors.Invalid($"{path}.pattern", pattern, $"must be a valid regular expression, but isn't: {e.Message}"));
            return null;
        }
    }

    private static ImmutableArray<CelRule> Rules(SchemaJson reader)
    {
        var rules = ImmutableArray.CreateBuilder<CelRule>();
        foreach (var node in reader.Nodes("x-kubernetes-validations"))
        {
            if (node is not JsonObject rule)
                continue;
            string Text(string key) => rule[key] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
            var optionalOldSelf = rule["optionalOldSelf"] is JsonValue flag && flag.TryGetValue(out bool optional) && optional;
            rules.Add(new(Text("rule"), Text("message"), Text("messageExpression"), Text("reason"), Text("fieldPath"), optionalOldSelf));
        }
        return rules.ToImmutable();
    }

    private void CheckStructure(Schema schema, JsonObject json, string path, Place place)
    {
        if (place == Place.Check)
        {
            StructuralRules.CheckCombination(schema, json, path, problems);
            return;
        }
        StructuralRules.CheckType(schema, path, place switch
        {
            Place.Root => "must not be empty at the root",
            Place.Field => "must not be empty for specified object fields",
            Place.Element => "must not be empty for specified array items",
            Place.Check => "",
        }, problems);
        if (place == Place.Root)
            StructuralRules.CheckRoot(schema, path, problems);
        StructuralRules.Check(schema, json, path, problems);
    }
}

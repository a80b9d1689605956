using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.OpenApi;

/// <summary>Writes schemas as OpenAPI, version 2 or 3, and collects the definitions that they refer to.
/// Version 2 cannot say nullable, oneOf, anyOf, allOf and not; they are left out there, as upstream does.</summary>
internal sealed class SchemaWriter(Utf8JsonWriter json, bool v2)
{
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly Queue<string> pending = new();
    private readonly SortedSet<(string Group, string Version)> served = new();

    private string Prefix => v2 ? "#/definitions/" : "#/components/schemas/";

    /// <summary>The document is about this group version: DeleteOptions and WatchEvent are kinds of it.</summary>
    public void Serve(string group, string version) => served.Add((group, version));

    /// <summary>A reference to a definition; "" is a plain string.</summary>
    public void ReferenceOrText(string definitionName)
    {
        if (definitionName.Length > 0)
        {
            Reference(definitionName);
            return;
        }
        json.WriteStartObject();
        json.WriteString("type", "string");
        json.WriteEndObject();
    }

    /// <summary>A bare reference.</summary>
    public void Reference(string definitionName)
    {
        json.WriteStartObject();
        json.WriteString("$ref", Prefix + definitionName);
        json.WriteEndObject();
        Need(definitionName);
    }

    public void Need(string definitionName)
    {
        if (seen.Add(definitionName))
            pending.Enqueue(definitionName);
    }

    /// <summary>The next built-in definition that something refers to and that is not written yet.</summary>
    public bool TryNext(out string definitionName) => pending.TryDequeue(out definitionName!);

    /// <summary>Whether nothing was referred to.</summary>
    public bool IsEmpty => seen.Count == 0;

    /// <summary>A definition written by its owner, never from the built-in ones.</summary>
    public void Own(string definitionName) => seen.Add(definitionName);

    public void Definition(Schema schema) => Body(schema, null);

    /// <summary>The definition of a custom resource: its schema, and what every object has.</summary>
    public void Resource(Schema schema, GroupVersionKind kind)
    {
        // Clients of version 2 take every field that is named for all that there are.
        var fields = v2 && schema.PreserveUnknownFields ? new() { Type = SchemaType.Object, Description = schema.Description } : WithObjectFields(CustomSchemas.Published(schema, v2));
        Body(fields with { Type = SchemaType.Object, Kinds = [kind] }, null);
    }

    /// <summary>The definition of a custom resource's list.</summary>
    public void List(string itemDefinition, GroupVersionKind kind)
    {
        var properties = new SchemaProperties();
        foreach (var (name, field) in ObjectFields("metadata", BuiltInSchemas.Get(BuiltInSchemas.ListMetaName)))
            properties.Add(name, field);
        properties.Add("items", new() { Type = SchemaType.Array, Items = new() { DefinitionName = itemDefinition }, Description = $"The list's objects." });
        Body(new() { Type = SchemaType.Object, Properties = properties, Required = ["items"], Kinds = [kind], Description = $"{kind.Kind} is a list of objects." }, null);
    }

    private static Schema WithObjectFields(Schema schema)
    {
        var properties = new SchemaProperties();
        foreach (var (name, field) in ObjectFields("metadata", BuiltInSchemas.ObjectMeta))
            properties.Add(name, field);
        foreach (var (name, field) in schema.Properties)
        {
            if (!properties.TryFind(name, out _))
                properties.Add(name, field);
        }
        return schema with { Properties = properties };
    }

    private static IEnumerable<KeyValuePair<string, Schema>> ObjectFields(string metadata, Schema metadataSchema) =>
    [
        new("apiVersion", new() { Type = SchemaType.String, Description = "APIVersion defines group and version of the schema that this object follows." }),
        new("kind", new() { Type = SchemaType.String, Description = "The kind of this object." }),
        new(metadata, metadataSchema with { Description = "Standard object's metadata: its name, its labels and the like." }),
    ];

    /// <summary>A field, an element or a map's value: a definition by reference, anything else in place.</summary>
    private void Use(Schema schema)
    {
        if (schema.DefinitionName.Length == 0)
        {
            Body(Published(schema), null);
            return;
        }
        var definition = BuiltInSchemas.Find(schema.DefinitionName);
        var overlaid = (schema.Default is not null && !v2)
            || (schema.Description.Length > 0 && schema.Description != definition?.Description)
            || schema.PatchStrategy.Length > 0
            || (definition is not null && schema.MapType != definition.MapType);
        if (!overlaid)
            Reference(schema.DefinitionName);
        else
            Body(schema, definition);
    }

    /// <summary>A custom resource's schema within another, as it is published.</summary>
    private Schema Published(Schema schema)
    {
        if (schema.Typed || schema.DefinitionName.Length > 0)
            return schema;
        var published = CustomSchemas.Published(schema, v2);
        if (!schema.EmbeddedResource || (v2 && schema.PreserveUnknownFields))
            return published;
        return WithObjectFields(published) with { Required = [.. published.Required.Union(["kind", "apiVersion"])] };
    }

    /// <param name="definition">When given, only what this use adds to it is written, beside the reference.</param>
    private void Body(Schema schema, Schema? definition)
    {
        json.WriteStartObject();
        if (schema.Description.Length > 0)
            json.WriteString("description", schema.Description);
        if (definition is not null)
        {
            if (!v2)
            {
                Node("default", schema.Default);
                json.WriteStartArray("allOf");
                Reference(definition.DefinitionName);
                json.WriteEndArray();
            }
            else
            {
                json.WriteString("$ref", Prefix + definition.DefinitionName);
                Need(definition.DefinitionName);
            }
        }
        else
        {
            Structure(schema);
            Rules(schema);
        }
        Extensions(schema, definition);
        json.WriteEndObject();
    }

    private void Structure(Schema schema)
    {
        if (schema.Title.Length > 0)
            json.WriteString("title", schema.Title);
        Type(schema);
        if (!v2)
            Node("default", schema.Default);
        if (!schema.Required.IsEmpty)
            Texts("required", schema.Required);
        if (schema.Properties.Count > 0)
        {
            json.WriteStartObject("properties");
            foreach (var (name, field) in schema.Properties)
            {
                json.WritePropertyName(name);
                Use(field);
            }
            json.WriteEndObject();
        }
        if (schema.Items is { } items)
        {
            json.WritePropertyName("items");
            Use(items);
        }
        if (ReferenceEquals(schema.AdditionalProperties, Schema.Anything))
            json.WriteBoolean("additionalProperties", true);
        else if (schema.AdditionalProperties is { } values)
        {
            json.WritePropertyName("additionalProperties");
            Use(values);
        }
    }

    private void Type(Schema schema)
    {
        if (v2 && (schema.IntOrString || schema.Quantity) && schema.Typed)
        {
            json.WriteString("type", "string");
            if (schema.IntOrString)
                json.WriteString("format", "int-or-string");
            return;
        }
        // A built-in "any type" definition says so by having no type; upstream's CRDs say it by their extensions.
        if (schema.Type != SchemaType.Any)
            json.WriteString("type", schema.Type.ToString().ToLowerInvariant());
        if (schema.Format.Length > 0)
            json.WriteString("format", schema.Format);
        if (!schema.Typed || v2)
            return;
        if (schema.IntOrString)
            json.WriteString("format", "int-or-string");
        if (schema.IntOrString || schema.Quantity)
        {
            json.WriteStartArray("oneOf");
            foreach (var type in schema.IntOrString ? (ReadOnlySpan<string>)["integer", "string"] : ["string", "number"])
            {
                json.WriteStartObject();
                json.WriteString("type", type);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
    }

    private void Rules(Schema schema)
    {
        if (!schema.Enum.IsEmpty)
        {
            json.WriteStartArray("enum");
            foreach (var value in schema.Enum)
                value.WriteTo(json);
            json.WriteEndArray();
        }
        if (schema.Pattern is { } pattern)
            json.WriteString("pattern", pattern.Text);
        Number("minimum", schema.Minimum);
        Number("maximum", schema.Maximum);
        Flag("exclusiveMinimum", schema.ExclusiveMinimum);
        Flag("exclusiveMaximum", schema.ExclusiveMaximum);
        Number("multipleOf", schema.MultipleOf);
        Number("minLength", schema.MinLength);
        Number("maxLength", schema.MaxLength);
        Number("minItems", schema.MinItems);
        Number("maxItems", schema.MaxItems);
        Number("minProperties", schema.MinProperties);
        Number("maxProperties", schema.MaxProperties);
        if (v2)
            return;
        Flag("nullable", schema.Nullable);
        Parts("allOf", schema.AllOf);
        Parts("anyOf", schema.AnyOf);
        Parts("oneOf", schema.OneOf);
        if (schema.Not is { } not)
        {
            json.WritePropertyName("not");
            Use(not);
        }
    }

    private void Extensions(Schema schema, Schema? definition)
    {
        if (definition is null)
            Kinds(schema);
        if (!schema.Typed)
        {
            Flag("x-kubernetes-int-or-string", schema.IntOrString);
            Flag("x-kubernetes-preserve-unknown-fields", schema.PreserveUnknownFields);
            Flag("x-kubernetes-embedded-resource", schema.EmbeddedResource);
            CelRules(schema);
        }
        if (definition is null)
            Union(schema.Union);
        if (!schema.ListMapKeys.IsEmpty)
            Texts("x-kubernetes-list-map-keys", schema.ListMapKeys);
        if (schema.ListType != ListType.Unset)
            json.WriteString("x-kubernetes-list-type", schema.ListType.ToString().ToLowerInvariant());
        if (schema.MapType != (definition?.MapType ?? MapType.Unset))
            json.WriteString("x-kubernetes-map-type", schema.MapType.ToString().ToLowerInvariant());
        if (schema.PatchMergeKey.Length > 0)
            json.WriteString("x-kubernetes-patch-merge-key", schema.PatchMergeKey);
        if (schema.PatchStrategy.Length > 0)
            json.WriteString("x-kubernetes-patch-strategy", schema.PatchStrategy);
    }

    private void Kinds(Schema schema)
    {
        if (schema.Kinds.IsEmpty)
            return;
        json.WriteStartArray("x-kubernetes-group-version-kind");
        foreach (var kind in schema.Kinds)
            DocumentWriter.Kind(json, kind);
        if (schema.DefinitionName is OpenApiOperation.DeleteOptions or OpenApiOperation.Meta + "WatchEvent")
        {
            foreach (var (group, version) in served)
            {
                if (group.Length > 0)
                    DocumentWriter.Kind(json, schema.Kinds[0] with { Group = group, Version = version });
            }
        }
        json.WriteEndArray();
    }

    private void Union(SchemaUnion? union)
    {
        if (union is null)
            return;
        json.WriteStartArray("x-kubernetes-unions");
        json.WriteStartObject();
        if (union.Discriminator.Length > 0)
            json.WriteString("discriminator", union.Discriminator);
        json.WriteStartObject("fields-to-discriminateBy");
        foreach (var (field, value) in union.Fields)
            json.WriteString(field, value);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void CelRules(Schema schema)
    {
        if (schema.CelRules.IsEmpty)
            return;
        json.WriteStartArray("x-kubernetes-validations");
        foreach (var rule in schema.CelRules)
        {
            json.WriteStartObject();
            json.WriteString("rule", rule.Rule);
            foreach (var (name, text) in (ReadOnlySpan<(string, string)>)[("message", rule.Message), ("messageExpression", rule.MessageExpression), ("reason", rule.Reason), ("fieldPath", rule.FieldPath)])
            {
                if (text.Length > 0)
                    json.WriteString(name, text);
            }
            Flag("optionalOldSelf", rule.OptionalOldSelf);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void Parts(string name, System.Collections.Immutable.ImmutableArray<Schema> parts)
    {
        if (parts.IsEmpty)
            return;
        json.WriteStartArray(name);
        foreach (var part in parts)
            Use(part);
        json.WriteEndArray();
    }

    private void Texts(string name, System.Collections.Immutable.ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private void Node(string name, JsonNode? value)
    {
        if (value is null)
            return;
        json.WritePropertyName(name);
        value.WriteTo(json);
    }

    private void Number(string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }

    private void Number(string name, long? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
    }

    private void Flag(string name, bool value)
    {
        if (value)
            json.WriteBoolean(name, value);
    }
}

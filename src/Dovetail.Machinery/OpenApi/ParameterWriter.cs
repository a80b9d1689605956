using System.Collections.Immutable;
using System.Text.Json;

namespace Dovetail.Machinery.OpenApi;

/// <summary>Writes parameters, sorted by name. Version 2 has the body among them, and says what recurs once, at its end.</summary>
internal sealed class ParameterWriter(Utf8JsonWriter json, SchemaWriter schemas, bool v2)
{
    /// <summary>Clients look for these by name in the operation itself (kubectl asks whether a kind knows fieldValidation and dryRun), and these mean something else in each place.</summary>
    private static readonly ImmutableArray<string> InPlace = ["body", "dryRun", "fieldValidation", "name"];

    private readonly SortedSet<string> shared = new(StringComparer.Ordinal);

    /// <summary>An operation's own; nothing when it has none.</summary>
    public void Operation(OpenApiOperation operation, ImmutableArray<string> query)
    {
        var body = v2 ? operation.Sent : null;
        if (query.IsEmpty && body is null)
            return;
        json.WriteStartArray("parameters");
        if (body is not null)
            Body(body, required: operation.Body != OpenApiBody.DeleteOptions);
        foreach (var name in query.Order(StringComparer.Ordinal))
            Parameter(name, "query");
        json.WriteEndArray();
    }

    /// <summary>What is the same for all operations of a path.</summary>
    public void Path(string path, ImmutableArray<string> query)
    {
        var all = query.Select(static name => (Name: name, Place: "query")).ToList();
        foreach (var name in (ReadOnlySpan<string>)["name", "namespace", "path"])
        {
            if (path.Contains($"{{{name}}}", StringComparison.Ordinal))
                all.Add((name, "path"));
        }
        json.WriteStartArray("parameters");
        foreach (var (name, place) in all.OrderBy(static p => p.Name, StringComparer.Ordinal).ThenBy(static p => p.Place, StringComparer.Ordinal))
            Parameter(name, place);
        json.WriteEndArray();
    }

    /// <summary>The parameters that were referred to.</summary>
    public void Shared()
    {
        json.WriteStartObject("parameters");
        foreach (var key in shared)
        {
            var dash = key.IndexOf('-', StringComparison.Ordinal);
            json.WritePropertyName(key);
            Write(key[..dash], key[(dash + 1)..]);
        }
        json.WriteEndObject();
    }

    private void Parameter(string name, string place)
    {
        if (!v2 || InPlace.Contains(name))
        {
            Write(name, place);
            return;
        }
        var key = $"{name}-{place}";
        shared.Add(key);
        json.WriteStartObject();
        json.WriteString("$ref", $"#/parameters/{key}");
        json.WriteEndObject();
    }

    private void Write(string name, string place)
    {
        var (type, description) = OpenApiParameters.Describe(name);
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("in", place);
        json.WriteString("description", description);
        if (place == "path")
            json.WriteBoolean("required", true);
        if (!v2)
            json.WriteStartObject("schema");
        json.WriteString("type", type);
        json.WriteBoolean("uniqueItems", true);
        if (!v2)
            json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Body(string definition, bool required)
    {
        json.WriteStartObject();
        json.WriteString("name", "body");
        json.WriteString("in", "body");
        if (required)
            json.WriteBoolean("required", true);
        json.WritePropertyName("schema");
        schemas.Reference(definition);
        json.WriteEndObject();
    }
}

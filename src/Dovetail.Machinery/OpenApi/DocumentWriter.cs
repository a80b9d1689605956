using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.OpenApi;

/// <summary>Writes whole documents: paths with their operations, then every definition that is referred to.</summary>
internal sealed class DocumentWriter
{
    private static readonly ImmutableArray<string> ObjectContent = ["application/json", "application/yaml"];
    private static readonly ImmutableArray<string> BuiltInPatches = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];
    private static readonly ImmutableArray<string> CustomPatches = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];

    private readonly Utf8JsonWriter json;
    private readonly bool v2;
    private readonly SchemaWriter schemas;

    private DocumentWriter(Utf8JsonWriter json, bool v2)
    {
        this.json = json;
        this.v2 = v2;
        schemas = new(json, v2);
    }

    public static ReadOnlyMemory<byte> V3(ImmutableArray<OpenApiResource> resources) => Write(resources, v2: false);

    public static ReadOnlyMemory<byte> V2(ImmutableArray<OpenApiResource> resources) => Write(resources, v2: true);

    internal static void Kind(Utf8JsonWriter json, GroupVersionKind kind)
    {
        json.WriteStartObject();
        json.WriteString("group", kind.Group);
        json.WriteString("kind", kind.Kind);
        json.WriteString("version", kind.Version);
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(ImmutableArray<OpenApiResource> resources, bool v2)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        using (var json = new Utf8JsonWriter(buffer, SchemaWriter.Options))
            new DocumentWriter(json, v2).Document(resources);
        return buffer.WrittenMemory;
    }

    private void Document(ImmutableArray<OpenApiResource> resources)
    {
        json.WriteStartObject();
        if (v2)
            json.WriteString("swagger", "2.0");
        else
            json.WriteString("openapi", "3.0.0");
        json.WriteStartObject("info");
        json.WriteString("title", "Kubernetes");
        json.WriteString("version", "v1.36");
        json.WriteEndObject();
        json.WriteStartObject("paths");
        foreach (var resource in resources)
        {
            foreach (var path in OpenApiOperation.Of(resource).GroupBy(static o => o.Path))
                Path(path.Key, path, resource);
        }
        json.WriteEndObject();
        if (!v2)
            json.WriteStartObject("components");
        json.WriteStartObject(v2 ? "definitions" : "schemas");
        Definitions(resources);
        json.WriteEndObject();
        if (!v2)
            json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Definitions(ImmutableArray<OpenApiResource> resources)
    {
        foreach (var resource in resources)
        {
            if (resource.IsBuiltIn)
                continue;
            schemas.Own(resource.DefinitionName);
            schemas.Own(resource.ListDefinitionName);
        }
        foreach (var resource in resources)
        {
            if (resource.IsBuiltIn)
            {
                schemas.Need(resource.DefinitionName);
                continue;
            }
            json.WritePropertyName(resource.DefinitionName);
            schemas.Resource(resource.Schema, new(resource.Group, resource.Version, resource.Kind));
            json.WritePropertyName(resource.ListDefinitionName);
            schemas.List(resource.DefinitionName, new(resource.Group, resource.Version, resource.ListKind));
        }
        while (schemas.TryNext(out var name))
        {
            if (BuiltInSchemas.Find(name) is not { } definition)
                continue; // a custom resource's own, written above
            json.WritePropertyName(name);
            schemas.Definition(definition);
        }
    }

    private void Path(string path, IEnumerable<OpenApiOperation> operations, OpenApiResource resource)
    {
        json.WriteStartObject(path);
        foreach (var operation in operations)
            Operation(operation, resource);
        json.WriteStartArray("parameters");
        if (path.EndsWith("{name}", StringComparison.Ordinal) || path.Contains("{name}/"))
            Parameter("name", "path");
        if (path.Contains("{namespace}"))
            Parameter("namespace", "path");
        Parameter("pretty", "query");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Operation(OpenApiOperation operation, OpenApiResource resource)
    {
        json.WriteStartObject(operation.Method);
        json.WriteStartArray("tags");
        json.WriteStringValue(operation.Tag);
        json.WriteEndArray();
        json.WriteString("operationId", operation.Id);
        var patches = resource.IsBuiltIn ? BuiltInPatches : CustomPatches;
        if (v2)
        {
            Texts("consumes", operation.Body == OpenApiBody.Patch ? patches : ["*/*"]);
            Texts("produces", ObjectContent);
        }
        json.WriteStartArray("parameters");
        if (v2 && BodySchema(operation) is { } body)
            BodyParameter(body, required: operation.Body != OpenApiBody.DeleteOptions);
        foreach (var parameter in operation.Parameters)
            Parameter(parameter, "query");
        json.WriteEndArray();
        if (!v2 && BodySchema(operation) is { } sent)
        {
            json.WriteStartObject("requestBody");
            Content(sent, operation.Body == OpenApiBody.Patch ? patches : ["*/*"]);
            if (operation.Body != OpenApiBody.DeleteOptions)
                json.WriteBoolean("required", true);
            json.WriteEndObject();
        }
        json.WriteStartObject("responses");
        foreach (var code in operation.Codes)
            Response(code, operation);
        Unauthorized();
        json.WriteEndObject();
        json.WriteString("x-kubernetes-action", operation.Action);
        json.WritePropertyName("x-kubernetes-group-version-kind");
        Kind(json, operation.Kind);
        json.WriteEndObject();
    }

    private static string? BodySchema(OpenApiOperation operation) => operation.Body switch
    {
        OpenApiBody.None => null,
        OpenApiBody.Object => operation.Subject,
        OpenApiBody.Patch => OpenApiOperation.Patch,
        OpenApiBody.DeleteOptions => OpenApiOperation.DeleteOptions,
    };

    private void Response(int code, OpenApiOperation operation)
    {
        json.WriteStartObject(code.ToString(CultureInfo.InvariantCulture));
        json.WriteString("description", code switch { 201 => "Created", 202 => "Accepted", _ => "OK" });
        if (v2)
        {
            json.WritePropertyName("schema");
            schemas.Reference(operation.Answer);
        }
        else
            Content(operation.Answer, operation.Action == "list" ? [.. ObjectContent, "application/json;stream=watch"] : ObjectContent);
        json.WriteEndObject();
    }

    private void Unauthorized()
    {
        json.WriteStartObject("401");
        json.WriteString("description", "Unauthorized");
        json.WriteEndObject();
    }

    private void Content(string definition, ImmutableArray<string> types)
    {
        json.WriteStartObject("content");
        foreach (var type in types)
        {
            json.WriteStartObject(type);
            json.WritePropertyName("schema");
            schemas.Reference(definition);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private void BodyParameter(string definition, bool required)
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

    private void Parameter(string name, string place)
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

    private void Texts(string name, ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}

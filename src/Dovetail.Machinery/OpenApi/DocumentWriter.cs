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
    private readonly Utf8JsonWriter json;
    private readonly bool v2;
    private readonly SchemaWriter schemas;
    private readonly ParameterWriter parameters;

    private DocumentWriter(Utf8JsonWriter json, bool v2)
    {
        this.json = json;
        this.v2 = v2;
        schemas = new(json, v2);
        parameters = new(json, schemas, v2);
    }

    /// <summary>The document of one group version, or of operations outside of any.</summary>
    public static ReadOnlyMemory<byte> V3(ImmutableArray<OpenApiResource> resources, IEnumerable<OpenApiOperation> others) => Write(resources, others, v2: false);

    /// <summary>The one document of everything.</summary>
    public static ReadOnlyMemory<byte> V2(ImmutableArray<OpenApiResource> resources, IEnumerable<OpenApiOperation> others) => Write(resources, others, v2: true);

    internal static void Kind(Utf8JsonWriter json, GroupVersionKind kind)
    {
        json.WriteStartObject();
        json.WriteString("group", kind.Group);
        json.WriteString("kind", kind.Kind);
        json.WriteString("version", kind.Version);
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(ImmutableArray<OpenApiResource> resources, IEnumerable<OpenApiOperation> others, bool v2)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        using (var json = new Utf8JsonWriter(buffer, SchemaWriter.Options))
            new DocumentWriter(json, v2).Document(resources, others);
        return buffer.WrittenMemory;
    }

    private void Document(ImmutableArray<OpenApiResource> resources, IEnumerable<OpenApiOperation> others)
    {
        foreach (var resource in resources)
            schemas.Serve(resource.Group, resource.Version);
        json.WriteStartObject();
        json.WriteString(v2 ? "swagger" : "openapi", v2 ? "2.0" : "3.0.0");
        json.WriteStartObject("info");
        json.WriteString("title", "Kubernetes");
        json.WriteString("version", "1.36");
        json.WriteEndObject();
        json.WriteStartObject("paths");
        foreach (var operation in others)
            Path(operation.Path, [operation], builtIn: true);
        foreach (var resource in resources)
        {
            foreach (var path in ResourceOperations.Of(resource).GroupBy(static o => o.Path))
                Path(path.Key, [.. path], resource.IsBuiltIn);
        }
        json.WriteEndObject();
        if (!v2)
            json.WriteStartObject("components");
        if (v2 || !schemas.IsEmpty)
        {
            json.WriteStartObject(v2 ? "definitions" : "schemas");
            Definitions(resources);
            json.WriteEndObject();
        }
        if (v2)
            parameters.Shared();
        Security();
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

    private void Path(string path, ImmutableArray<OpenApiOperation> operations, bool builtIn)
    {
        // What every operation of a path takes is said once, for the path.
        var common = operations.Select(static o => o.Parameters).Aggregate(static (a, b) => [.. a.Intersect(b)]);
        json.WriteStartObject(path);
        foreach (var operation in operations)
            Operation(operation, [.. operation.Parameters.Except(common)], builtIn);
        if (operations[0].Kind is not null)
        {
            parameters.Path(path, operations[0].Action == "connect" ? common : [.. common, "pretty"]);
        }
        json.WriteEndObject();
    }

    private void Operation(OpenApiOperation operation, ImmutableArray<string> query, bool builtIn)
    {
        json.WriteStartObject(operation.Method);
        Texts("tags", [operation.Tag]);
        json.WriteString("operationId", operation.Id);
        var taken = MediaTypes.Taken(operation, builtIn);
        var answered = MediaTypes.Answered(operation, builtIn);
        if (v2)
        {
            if (!taken.IsEmpty)
                Texts("consumes", taken);
            Texts("produces", answered);
            Texts("schemes", ["https"]);
        }
        parameters.Operation(operation, query);
        if (!v2 && operation.Sent is { } sent)
        {
            json.WriteStartObject("requestBody");
            Content(sent, taken);
            if (operation.Body != OpenApiBody.DeleteOptions)
                json.WriteBoolean("required", true);
            json.WriteEndObject();
        }
        json.WriteStartObject("responses");
        foreach (var code in operation.Codes)
            Response(code, operation.Answer, answered);
        json.WriteStartObject("401");
        json.WriteString("description", "Unauthorized");
        json.WriteEndObject();
        json.WriteEndObject();
        if (operation.Kind is { } kind)
        {
            json.WriteString("x-kubernetes-action", operation.Action);
            json.WritePropertyName("x-kubernetes-group-version-kind");
            Kind(json, kind);
        }
        json.WriteEndObject();
    }

    private void Response(int code, string answer, ImmutableArray<string> types)
    {
        json.WriteStartObject(code.ToString(CultureInfo.InvariantCulture));
        json.WriteString("description", code switch { 201 => "Created", 202 => "Accepted", _ => "OK" });
        if (v2)
        {
            json.WritePropertyName("schema");
            schemas.ReferenceOrText(answer);
        }
        else
            Content(answer, types);
        json.WriteEndObject();
    }

    private void Content(string definition, ImmutableArray<string> types)
    {
        json.WriteStartObject("content");
        foreach (var type in types)
        {
            json.WriteStartObject(type);
            json.WritePropertyName("schema");
            schemas.ReferenceOrText(definition);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private void Security()
    {
        json.WriteStartObject(v2 ? "securityDefinitions" : "securitySchemes");
        json.WriteStartObject("BearerToken");
        json.WriteString("description", "A bearer token.");
        json.WriteString("type", "apiKey");
        json.WriteString("name", "authorization");
        json.WriteString("in", "header");
        json.WriteEndObject();
        json.WriteEndObject();
        if (!v2)
            return;
        json.WriteStartArray("security");
        json.WriteStartObject();
        json.WriteStartArray("BearerToken");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void Texts(string name, ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}

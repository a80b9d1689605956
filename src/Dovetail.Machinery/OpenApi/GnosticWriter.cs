using System.Text.Json;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.OpenApi;

/// <summary>An OpenAPI v2 document as protobuf, which kubectl and older clients ask for (<c>openapi.v2.Document</c> of gnostic, <c>openapiv2/OpenAPIv2.proto</c>): the same document, made of its JSON.
/// Values of extensions and enums are YAML text there; JSON is YAML.</summary>
internal sealed class GnosticWriter
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch"];

    private readonly ProtobufBuffer output = new();

    public static byte[] Write(ReadOnlyMemory<byte> v2)
    {
        using var document = JsonDocument.Parse(v2, new JsonDocumentOptions { MaxDepth = JsonObjectReader.StoredDepth });
        var writer = new GnosticWriter();
        writer.Document(document.RootElement);
        return writer.output.ToArray();
    }

    private void Document(JsonElement document)
    {
        Text(1, document, "swagger");
        Message(2, document.GetProperty("info"), info =>
        {
            Text(1, info, "title");
            Text(2, info, "version");
        });
        Message(8, document.GetProperty("paths"), paths => Named(2, paths, PathItem));
        Message(9, document.GetProperty("definitions"), definitions => Named(1, definitions, Schema));
        Message(10, document.GetProperty("parameters"), shared => Named(1, shared, Parameter));
        foreach (var requirement in document.GetProperty("security").EnumerateArray())
            Message(12, requirement, schemes => Named(1, schemes, scopes => Texts(1, scopes)));
        Message(13, document.GetProperty("securityDefinitions"), schemes => Named(1, schemes, scheme => Message(2, scheme, ApiKey)));
    }

    private void ApiKey(JsonElement scheme)
    {
        Text(1, scheme, "type");
        Text(2, scheme, "name");
        Text(3, scheme, "in");
        Text(4, scheme, "description");
    }

    private void PathItem(JsonElement item)
    {
        for (var i = 0; i < Methods.Length; i++)
        {
            if (item.TryGetProperty(Methods[i], out var operation))
                Message(2 + i, operation, Operation);
        }
        Parameters(9, item);
    }

    private void Operation(JsonElement operation)
    {
        Texts(1, operation, "tags");
        Text(3, operation, "description");
        Text(5, operation, "operationId");
        Texts(6, operation, "produces");
        Texts(7, operation, "consumes");
        Parameters(8, operation);
        Message(9, operation.GetProperty("responses"), responses => Named(1, responses, response => Message(1, response, Response)));
        Texts(10, operation, "schemes");
        Extensions(13, operation);
    }

    private void Response(JsonElement response)
    {
        Text(1, response, "description");
        if (response.TryGetProperty("schema", out var schema))
            Message(2, schema, item => Message(1, item, Schema));
    }

    private void Parameters(int field, JsonElement owner)
    {
        if (!owner.TryGetProperty("parameters", out var parameters))
            return;
        foreach (var parameter in parameters.EnumerateArray())
        {
            Message(field, parameter, item =>
            {
                if (item.TryGetProperty("$ref", out _))
                    Message(2, item, reference => Text(1, reference, "$ref"));
                else
                    Message(1, item, Parameter);
            });
        }
    }

    private void Parameter(JsonElement parameter)
    {
        switch (parameter.GetProperty("in").GetString())
        {
            case "body":
                Message(1, parameter, BodyParameter);
                break;
            case "path":
                Message(2, parameter, plain => Message(4, plain, path => Plain(path, name: 4, type: 5, uniqueItems: 19, required: 1, place: 2, description: 3)));
                break;
            default:
                Message(2, parameter, plain => Message(3, plain, query => Plain(query, name: 4, type: 6, uniqueItems: 20, required: 1, place: 2, description: 3)));
                break;
        }
    }

    private void BodyParameter(JsonElement parameter)
    {
        Text(1, parameter, "description");
        Text(2, parameter, "name");
        Text(3, parameter, "in");
        Flag(4, parameter, "required");
        Message(5, parameter.GetProperty("schema"), Schema);
    }

    private void Plain(JsonElement parameter, int name, int type, int uniqueItems, int required, int place, int description)
    {
        Flag(required, parameter, "required");
        Text(place, parameter, "in");
        Text(description, parameter, "description");
        Text(name, parameter, "name");
        Text(type, parameter, "type");
        Flag(uniqueItems, parameter, "uniqueItems");
    }

    private void Schema(JsonElement schema)
    {
        foreach (var field in schema.EnumerateObject())
        {
            switch (field.Name)
            {
                case "$ref":
                    output.Text(1, field.Value.GetString()!);
                    break;
                case "format":
                    output.Text(2, field.Value.GetString()!);
                    break;
                case "title":
                    output.Text(3, field.Value.GetString()!);
                    break;
                case "description":
                    output.Text(4, field.Value.GetString()!);
                    break;
                case "default":
                    Message(5, field.Value, Any);
                    break;
                case "multipleOf":
                    output.Double(6, field.Value.GetDouble());
                    break;
                case "maximum":
                    output.Double(7, field.Value.GetDouble());
                    break;
                case "exclusiveMaximum":
                    output.Number(8, 1);
                    break;
                case "minimum":
                    output.Double(9, field.Value.GetDouble());
                    break;
                case "exclusiveMinimum":
                    output.Number(10, 1);
                    break;
                case "maxLength":
                    output.Number(11, field.Value.GetInt64());
                    break;
                case "minLength":
                    output.Number(12, field.Value.GetInt64());
                    break;
                case "pattern":
                    output.Text(13, field.Value.GetString()!);
                    break;
                case "maxItems":
                    output.Number(14, field.Value.GetInt64());
                    break;
                case "minItems":
                    output.Number(15, field.Value.GetInt64());
                    break;
                case "maxProperties":
                    output.Number(17, field.Value.GetInt64());
                    break;
                case "minProperties":
                    output.Number(18, field.Value.GetInt64());
                    break;
                case "required":
                    Texts(19, field.Value);
                    break;
                case "enum":
                    foreach (var value in field.Value.EnumerateArray())
                        Message(20, value, Any);
                    break;
                case "additionalProperties" when field.Value.ValueKind == JsonValueKind.Object:
                    Message(21, field.Value, values => Message(1, values, Schema));
                    break;
                case "additionalProperties":
                    Message(21, field.Value, _ => output.Number(2, 1));
                    break;
                case "type":
                    Message(22, field.Value, type => output.Text(1, type.GetString()!));
                    break;
                case "items":
                    Message(23, field.Value, item => Message(1, item, Schema));
                    break;
                case "properties":
                    Message(25, field.Value, properties => Named(1, properties, Schema));
                    break;
                default:
                    Extension(31, field);
                    break;
            }
        }
    }

    private void Extensions(int number, JsonElement owner)
    {
        foreach (var field in owner.EnumerateObject())
        {
            if (field.Name.StartsWith("x-", StringComparison.Ordinal))
                Extension(number, field);
        }
    }

    private void Extension(int number, JsonProperty field)
    {
        var at = output.Begin(number);
        output.Text(1, field.Name);
        Message(2, field.Value, Any);
        output.End(at);
    }

    private void Any(JsonElement value) => output.Text(2, value.GetRawText());

    /// <summary>Each entry of a map as a message of its name (1) and its value (2).</summary>
    private void Named(int number, JsonElement map, Action<JsonElement> value)
    {
        foreach (var entry in map.EnumerateObject())
        {
            var at = output.Begin(number);
            output.Text(1, entry.Name);
            Message(2, entry.Value, value);
            output.End(at);
        }
    }

    private void Message(int number, JsonElement element, Action<JsonElement> fields)
    {
        var at = output.Begin(number);
        fields(element);
        output.End(at);
    }

    private void Text(int number, JsonElement owner, string name)
    {
        if (owner.TryGetProperty(name, out var text))
            output.Text(number, text.GetString()!);
    }

    private void Texts(int number, JsonElement owner, string name)
    {
        if (owner.TryGetProperty(name, out var texts))
            Texts(number, texts);
    }

    private void Texts(int number, JsonElement texts)
    {
        foreach (var text in texts.EnumerateArray())
            output.Text(number, text.GetString()!);
    }

    private void Flag(int number, JsonElement owner, string name)
    {
        if (owner.TryGetProperty(name, out var flag) && flag.GetBoolean())
            output.Number(number, 1);
    }
}

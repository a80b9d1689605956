using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.OpenApi;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.OpenApi;

/// <summary>Reads the protobuf form of the OpenAPI v2 document by the field numbers of gnostic's <c>OpenAPIv2.proto</c>.</summary>
public class GnosticTests
{
    private static readonly OpenApiCatalog Catalog = OpenApiCatalog.Create([.. BuiltInResources.All.Select(OpenApiResource.Of)]);

    [Fact]
    public void Every_path_and_definition_of_the_JSON_is_in_the_protobuf()
    {
        var json = JsonNode.Parse(Catalog.V2.Bytes())!;
        var document = Fields(Catalog.V2Protobuf.Bytes());
        Text(document, 1).ShouldBe("2.0");
        Names(Message(document, 8), 2).ShouldBe(json["paths"]!.AsObject().Select(static p => p.Key));
        Names(Message(document, 9), 1).ShouldBe(json["definitions"]!.AsObject().Select(static p => p.Key));
        Names(Message(document, 10), 1).ShouldBe(json["parameters"]!.AsObject().Select(static p => p.Key));
    }

    [Fact]
    public void A_pods_merge_key_and_a_patchs_fieldValidation_are_where_kubectl_looks_for_them()
    {
        var document = Fields(Catalog.V2Protobuf.Bytes());
        var spec = Value(Message(document, 9), 1, "io.k8s.api.core.v1.PodSpec");
        var containers = Value(Message(spec, 25), 1, "containers");
        Text(Message(containers, 22), 1).ShouldBe("array");
        Text(Message(Message(containers, 23), 1), 1).ShouldBe("#/definitions/io.k8s.api.core.v1.Container");
        Text(Value(containers, 31, "x-kubernetes-patch-merge-key"), 2).ShouldBe("\"name\"");
        var patch = Message(Value(Message(document, 8), 2, "/api/v1/namespaces/{namespace}/pods/{name}"), 8);
        var query = patch.Where(static f => f.Number == 8).Select(static f => Fields(f.Bytes)).Where(static p => p[0].Number == 1).Select(static p => Fields(p[0].Bytes)).Where(static p => p[0].Number == 2);
        query.Select(static p => Text(Message(Fields(p[0].Bytes), 3), 4)).ShouldContain("fieldValidation");
    }

    [Fact]
    public void A_deep_schema_of_one_custom_resource_takes_the_document_from_nobody()
    {
        var schema = new Schema { Type = SchemaType.String };
        for (var i = 0; i < 100; i++)
        {
            var fields = new SchemaProperties();
            fields.Add("in", schema);
            schema = new Schema { Type = SchemaType.Object, Properties = fields };
        }

        var deep = new OpenApiResource
        {
            Group = "example.com", Version = "v1", Kind = "Deep", ListKind = "DeepList", Plural = "deeps", Namespaced = true, Schema = schema, DefinitionName = "com.example.v1.Deep", Fingerprint = "1",
        };

        Names(Message(Fields(Catalog.With(Catalog.Resources.Add(deep)).V2Protobuf.Bytes()), 9), 1).ShouldContain("com.example.v1.Deep");
    }

    private static List<(int Number, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    fields.Add(((int)(tag >> 3), BitConverter.GetBytes(Varint(message, ref at))));
                    break;
                case 1:
                    fields.Add(((int)(tag >> 3), message[at..(at + 8)]));
                    at += 8;
                    break;
                default:
                    var length = (int)Varint(message, ref at);
                    fields.Add(((int)(tag >> 3), message[at..(at + length)]));
                    at += length;
                    break;
            }
        }
        return fields;
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            value |= (ulong)(bytes[at] & 0x7f) << shift;
            if (bytes[at++] < 0x80)
                return value;
        }
    }

    private static string Text(List<(int Number, byte[] Bytes)> message, int field) => Encoding.UTF8.GetString(message.First(f => f.Number == field).Bytes);

    private static List<(int Number, byte[] Bytes)> Message(List<(int Number, byte[] Bytes)> message, int field) => Fields(message.First(f => f.Number == field).Bytes);

    private static IEnumerable<string> Names(List<(int Number, byte[] Bytes)> map, int field) => map.Where(f => f.Number == field).Select(static f => Text(Fields(f.Bytes), 1));

    private static List<(int Number, byte[] Bytes)> Value(List<(int Number, byte[] Bytes)> map, int field, string name) =>
        Message(Fields(map.First(f => f.Number == field && Text(Fields(f.Bytes), 1) == name).Bytes), 2);
}

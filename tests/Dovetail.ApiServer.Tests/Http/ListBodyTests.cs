using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Protobuf;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>A large list is sent piece by piece: it says the same as the objects one by one, in every form.</summary>
public sealed class ListBodyTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const int Objects = 300;
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private const string Metadata = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

    [Theory]
    [InlineData("", false)]
    [InlineData("", true)]
    [InlineData("?pretty=true", false)]
    public async Task A_large_list_has_every_object_once_and_whole(string query, bool packed)
    {
        var path = await NamespaceAsync();

        var list = await ListAsync(path + query, "application/json", packed);

        ((string?)list["kind"]).ShouldBe("ConfigMapList");
        var items = list["items"]!.AsArray();
        items.Count.ShouldBe(Objects);
        foreach (var i in new[] { 0, 1, 150, Objects - 1 })
        {
            var (_, one) = await server.GetAsync($"{path}/{Name(i)}");
            one.Remove("kind");
            one.Remove("apiVersion");
            JsonNode.DeepEquals(items[i], one).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_table_has_a_row_for_each_object(bool packed)
    {
        var path = await NamespaceAsync();

        var list = await ListAsync(path, Table, packed);

        var rows = list["rows"]!.AsArray();
        rows.Select(row => (string?)row!["cells"]![0]).ShouldBe(Enumerable.Range(0, Objects).Select(Name));
        rows.Select(row => (string?)row!["object"]!["metadata"]!["name"]).ShouldBe(Enumerable.Range(0, Objects).Select(Name));
        list["columnDefinitions"]!.AsArray().Count.ShouldBe(rows[0]!["cells"]!.AsArray().Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_list_of_metadata_has_the_metadata_of_each_object_and_no_more(bool packed)
    {
        var path = await NamespaceAsync();

        var list = await ListAsync(path, Metadata, packed);

        var items = list["items"]!.AsArray();
        items.Count.ShouldBe(Objects);
        var (_, one) = await server.GetAsync($"{path}/{Name(7)}");
        JsonNode.DeepEquals(items[7]!["metadata"], one["metadata"]).ShouldBeTrue();
        items[7]!.AsObject().Select(field => field.Key).ShouldBe(["kind", "apiVersion", "metadata"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_list_in_protobuf_has_every_object_once_and_whole(bool packed)
    {
        var path = await NamespaceAsync();

        var list = KubernetesProtobuf.Decode(await BytesAsync(path, KubernetesProtobuf.MediaType, packed));

        ((string?)list["kind"]).ShouldBe("ConfigMapList");
        var items = list["items"]!.AsArray();
        items.Select(item => (string?)item!["metadata"]!["name"]).ShouldBe(Enumerable.Range(0, Objects).Select(Name));
        foreach (var i in new[] { 0, 150, Objects - 1 })
        {
            var (_, one) = await server.GetAsync($"{path}/{Name(i)}");
            JsonNode.DeepEquals(items[i]!["data"], one["data"]).ShouldBeTrue();
        }
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"c{i:000}");

    private async Task<string> NamespaceAsync()
    {
        var path = "/api/v1/namespaces/lists/configmaps";
        if ((await server.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"lists"}}""")).Code != 201) return path;
        foreach (var i in Enumerable.Range(0, Objects))
            (await server.PostAsync(path, $$"""{"metadata":{"name":"{{Name(i)}}","labels":{"l":"{{i}}"},"annotations":{"a":"}\"{"} },"data":{"k":"{{new string('x', 1000 + i)}}é\"\\"} }""")).Code.ShouldBe(201);
        return path;
    }

    private async Task<JsonObject> ListAsync(string path, string accept, bool packed) => (JsonObject)JsonNode.Parse(await BytesAsync(path, accept, packed))!;

    private async Task<byte[]> BytesAsync(string path, string accept, bool packed)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = HttpVersion.Version20 };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (packed) request.Headers.AcceptEncoding.Add(new("gzip"));
        using var response = await server.Admin.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentEncoding.ShouldBe(packed ? ["gzip"] : []);
        await using var body = await response.Content.ReadAsStreamAsync();
        await using var unpacked = packed ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var bytes = new MemoryStream();
        await unpacked.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}

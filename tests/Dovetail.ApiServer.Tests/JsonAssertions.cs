using System.Text.Json.Nodes;
using Dovetail.Machinery.Patch;

namespace Dovetail.ApiServer.Tests;

internal static class JsonAssertions
{
    public static void ShouldBeJson(this JsonNode? actual, string expected) =>
        JsonEquality.Equal(actual, JsonNode.Parse(expected)).ShouldBeTrue($"expected {expected}\nbut was  {actual?.ToJsonString() ?? "null"}");

    public static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;
}

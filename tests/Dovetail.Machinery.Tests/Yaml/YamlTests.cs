using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Yaml;

namespace Dovetail.Machinery.Tests.Yaml;

public sealed class YamlTests
{
    [Theory]
    [InlineData("a: yes", """{"a":true}""")]
    [InlineData("a: [on, off, No, TRUE, y, n]", """{"a":[true,false,false,true,true,false]}""")]
    [InlineData("a: ['yes', \"on\"]", """{"a":["yes","on"]}""")]
    [InlineData("a: [017, 0o17, 0x1F, 0b11, 1_000, -5, +5, 08]", """{"a":[15,15,31,3,1000,-5,5,8]}""")]
    [InlineData("a: [1.5, 1e3, .5, -1.25e-2, 1.0]", """{"a":[1.5,1000,0.5,-0.0125,1]}""")]
    [InlineData("a: [~, null, '']\nb:", """{"a":[null,null,""],"b":null}""")]
    [InlineData("1: a\ntrue: b\n1.5: c", """{"1":"a","true":"b","1.5":"c"}""")]
    [InlineData("a: !!str 1\nb: !!int '5'", """{"a":"1","b":5}""")]
    [InlineData("a: |\n  x\n  y\nb: >\n  p\n  q\n", """{"a":"x\ny\n","b":"p q\n"}""")]
    [InlineData("a: &x {k: v}\nb: *x", """{"a":{"k":"v"},"b":{"k":"v"}}""")]
    [InlineData("base: &b {x: 1, z: 2}\nd:\n  <<: *b\n  z: 3", """{"base":{"x":1,"z":2},"d":{"z":3,"x":1}}""")]
    [InlineData("""{"a": [1, "x"]}""", """{"a":[1,"x"]}""")]
    [InlineData("a: 2026-11-23T10:00:00Z", """{"a":"2026-11-23T10:00:00Z"}""")]
    [InlineData("a: 1.2.3\nb: 10Gi\nc: 12:30", """{"a":"1.2.3","b":"10Gi","c":"12:30"}""")]
    [InlineData("a: 99999999999999999999", """{"a":100000000000000000000}""")]
    [InlineData("# nothing", "null")]
    public void YAML_1_1_is_read_as_kubectl_reads_it(string yaml, string json) =>
        JsonNode.Parse(YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml))).ShouldBeJson(json);

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3", "line 3: key \"a\" already set in map")]
    [InlineData("a: *nothing", "nothing")]
    [InlineData("a: [1, 2", "line")]
    [InlineData("a: &a [*a]", "anchor 'a' value contains itself")]
    [InlineData("? [a]\n: b", "a mapping's key is not a scalar")]
    public void What_cannot_be_read_says_where(string yaml, string message)
    {
        var error = Should.Throw<YamlFormatException>(() => YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml)));
        error.Message.ShouldStartWith("error converting YAML to JSON: yaml: ");
        error.Message.ShouldContain(message);
    }

    [Fact]
    public void Anchors_that_multiply_are_stopped()
    {
        var yaml = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 12; i++) yaml.Append($"a{i}: &a{i} [").AppendJoin(",", Enumerable.Repeat($"*a{i - 1}", 10)).Append("]\n");
        Should.Throw<YamlFormatException>(() => YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml.ToString()))).Message.ShouldContain("excessive aliasing");
    }

    [Fact]
    public void Merges_that_multiply_nothing_are_stopped()
    {
        var yaml = new StringBuilder("a0: &a0 {}\n");
        for (var i = 1; i < 60; i++) yaml.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n");
        Should.Throw<YamlFormatException>(() => YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml.ToString()))).Message.ShouldContain("excessive aliasing");
    }

    [Fact]
    public void Depth_is_bounded() =>
        Should.Throw<YamlFormatException>(() => YamlToJson.Convert(Encoding.UTF8.GetBytes(new string('[', 10_000)))).Message.ShouldContain("max depth");

    [Fact]
    public void Streams_are_split_into_documents() =>
        YamlToJson.ConvertAll("---\na: 1\n---\n---\nb: 2\n..."u8).Select(bytes => Encoding.UTF8.GetString(bytes)).ShouldBe(["""{"a":1}""", """{"b":2}"""]);

    [Fact]
    public void Written_YAML_looks_as_kubectl_writes_it()
    {
        const string Json = """{"metadata":{"name":"a","labels":{}},"apiVersion":"v1","n":3,"list":[{"b":"yes","a":"x: y"},[1,2],[]],"text":"l1\nl2\n","s":"*","t":"2026-01-02T03:04:05Z","q":"it's: so"}""";
        JsonToYaml.Convert(Encoding.UTF8.GetBytes(Json)).ShouldBe("""
            apiVersion: v1
            list:
            - a: 'x: y'
              b: "yes"
            - - 1
              - 2
            - []
            metadata:
              labels: {}
              name: a
            "n": 3
            q: "it's: so"
            s: '*'
            t: '2026-01-02T03:04:05Z'
            text: |
              l1
              l2

            """, StringCompareShould.IgnoreLineEndings);
    }

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        var text = Gen.OneOf(
            Gen.String[Gen.OneOf('a', ':', ' ', '#', '\n', '-', '\'', '"', '1', '\\', '\t', '{', ']', '&', 'é', '\u0001', '~', '%'), 0, 6],
            Gen.OneOf("yes", "n", "0x1", "1e3", "null", "~", "2001-01-01", "<<", "---", "a: b", "|", "- x", " lead", "trail ", "x\n\n", "\nx", "  x\ny"));
        Gen.Select(text, text).List[0, 5].Sample(pairs =>
        {
            var item = new JsonObject();
            foreach (var (key, value) in pairs) item["k" + key] = new JsonArray(value, new JsonObject { ["v"] = value, ["w"] = new JsonArray(new JsonArray(value)) });
            var yaml = JsonToYaml.Convert(Encoding.UTF8.GetBytes(item.ToJsonString()));
            var back = JsonNode.Parse(YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml)));
            JsonEquality.Equal(item, back).ShouldBeTrue(yaml + "\n" + back?.ToJsonString());
        });
    }
}

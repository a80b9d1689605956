using System.Text;

namespace Dovetail.ApiServer.Tests.Fuzz;

/// <summary>Schemas of CRDs with every keyword, each sometimes with a value that it must not have.</summary>
internal static class NastySchema
{
    private static readonly string[] Patterns =
    [
        "^a+$", "(a+)+$", "(a|aa)*b", "(.*)*x", "(x+x+)+y", "a{1000}", "a{1001}", "(a{1000}){1000}", "((a{100}){100}){100}", "(", "[", "\\\\1", "(?=a)", "(?<x>a)", "(?P<x>a)", "\\\\pL", "\\\\p{Nope}", "[[:alpha:]]", "a**", "a{2,1}",
        "[z-a]", "((((((((((a))))))))))", "(a|b|ab)*(a|b|ab)*(a|b|ab)*", ".{0,1000}.{0,1000}", "\\\\x{110000}", "\\\\ud800", "(?i)a", "^", "$", "",
    ];

    public static byte[] Json(Random random)
    {
        var text = new StringBuilder();
        Schema(random, text, random.Next(1, 5));
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        return random.Next(10) == 0 ? NastyText.Mutate(random, bytes) : bytes;
    }

    private static void Schema(Random random, StringBuilder text, int depth)
    {
        var type = random.Pick(["object", "object", "object", "array", "string", "integer", "number", "boolean", "", "nope"]);
        text.Append("{\"type\":\"").Append(type).Append('"');
        if (depth > 0 && type is "object" or "array")
        {
            if (type == "array") Child(random, text, "items", depth);
            else if (random.Next(4) == 0) Child(random, text, "additionalProperties", depth);
            else Properties(random, text, depth);
        }

        for (var i = random.Next(4); i > 0; i--) Keyword(random, text, depth);
        text.Append('}');
    }

    private static void Properties(Random random, StringBuilder text, int depth)
    {
        text.Append(",\"properties\":{\"a\":");
        Schema(random, text, depth - 1);
        foreach (var name in new[] { "spec", "status", "b", "metadata" })
        {
            if (random.Next(3) > 0) continue;
            text.Append(",\"").Append(name).Append("\":");
            Schema(random, text, depth - 1);
        }

        text.Append('}');
    }

    private static void Keyword(Random random, StringBuilder text, int depth)
    {
        switch (random.Next(12))
        {
            case 0: text.Append(",\"pattern\":\"").Append(random.Pick(Patterns)).Append('"'); break;
            case 1: text.Append(",\"").Append(random.Pick(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minimum", "maximum", "multipleOf"])).Append("\":").Append(Number(random)); break;
            case 2: text.Append(",\"default\":").Append(random.Pick(["1", "\"a\"", "{}", "[]", "null", "{\"a\":{\"a\":1}}", "[1,1]", "1e300"])); break;
            case 3: text.Append(",\"enum\":").Append(random.Pick(["[]", "[\"a\"]", "[1,\"a\",null]", "5", "[{}]"])); break;
            case 4: text.Append(",\"required\":").Append(random.Pick(["[\"a\"]", "[\"zz\"]", "[5]", "5", "[\"a\",\"a\"]"])); break;
            case 5: text.Append(",\"format\":\"").Append(random.Pick(["date-time", "byte", "int32", "int64", "uuid", "ipv4", "cidr", "uri", "email", "duration", "nope"])).Append('"'); break;
            case 6: text.Append(",\"").Append(random.Pick(["x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string", "x-kubernetes-embedded-resource", "nullable", "uniqueItems", "exclusiveMinimum"])).Append("\":").Append(random.Pick(["true", "false", "5"])); break;
            case 7: text.Append(",\"x-kubernetes-list-type\":\"").Append(random.Pick(["map", "set", "atomic", "nope"])).Append("\",\"x-kubernetes-list-map-keys\":").Append(random.Pick(["[\"a\"]", "[]", "[\"zz\"]", "5"])); break;
            case 8 or 9 when depth > 0: text.Append(",\"").Append(random.Pick(["allOf", "anyOf", "oneOf"])).Append("\":["); Schema(random, text, depth - 1); text.Append(']'); break;
            case 10 when depth > 0: Child(random, text, "not", depth); break;
            default: text.Append(",\"").Append(random.Pick(["description", "title", "$ref", "id", "example", "x-kubernetes-validations", "x-kubernetes-map-type"])).Append("\":").Append(random.Pick(["\"a\"", "5", "[]", "[{\"rule\":\"self\"}]"])); break;
        }
    }

    private static void Child(Random random, StringBuilder text, string keyword, int depth)
    {
        text.Append(",\"").Append(keyword).Append("\":");
        if (random.Next(10) == 0) text.Append(random.Pick(["true", "false", "5", "null", "[]"]));
        else Schema(random, text, depth - 1);
    }

    private static string Number(Random random) => random.Pick(["0", "1", "5", "-1", "1.5", "1e300", "9223372036854775807", "1e400", "\"1\""]);
}

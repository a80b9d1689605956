using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Random structural schemas with objects that nearly fit, and updates of such objects.</summary>
internal static class ObjectCases
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    private static readonly string[] Formats =
    [
        "date", "date-time", "datetime", "byte", "uuid", "uuid3", "uuid4", "uuid5", "ipv4", "ipv6", "ip-v4", "cidr", "mac", "uri", "hostname", "email", "duration", "int32", "nonsense", "bsonobjectid",
        "isbn", "isbn10", "isbn13", "creditcard", "hexcolor", "rgbcolor", "password", "ssn", "k8s-short-name", "k8s-long-name", "float",
    ];

    private static readonly string[] Texts =
    [
        "2020-01-02", "2020-02-30", "0000-02-29", "2020-01-02T03:04:05Z", "2020-01-02t03:04:05.123+01:00", "2020-01-02T24:04:05Z", "2020-01-02T03:04:05x1Z", "YWJj", "YW==", "ab!", "10.0.0.1", "010.0.0.1", "1.2.3", "256.1.1.1", "::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1::2::3",
        "10.0.0.0/8", "10.0.0.0/33", "::/0", "00:11:22:33:44:55", "00-11-22-33-44-55", "0011.2233.4455", "00:11:22:33:44:55:66:77", "00:11-22:33:44:55", "http://x/y", "mailto:a@b", "/a/b", "a/b", "http://x:y/", "http://[::1]:80/", "http://a b/", "http://x/%zz", "//x", ":x",
        "a.b-c", "-a", "a", "a-", "A.B", "localhost", "é.com", "a@b.c", "A <a@b.c>", "a b@c", "a@", "\"q q\"@x", "a.@b", "1h30m", "3 days", "5", "-1.5h", "1x", "0", "2 weeks 1x", "1d", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae7dec41d0a76500a0c91e6bf6", "f81d4fae-7dec-51d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-31D0-1765-00a0c91e6bf6",
        "507f1f77bcf86cd799439011", "#fff", "FFFFFF", "#ff", "rgb(1,2,3)", "rgb( 255 , 0,0)", "rgb(256,0,0)", "0321751043", "032175104X", "978-0321751041", "9780321751042", "4111 1111 1111 1111", "4111111111111112", "123-45-6789", "123456789", "",
    ];

    public static JsonObject Create(Dice dice)
    {
        var spec = Schema(dice, 3);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["spec"] = spec } };
        if (dice.Chance(30)) schema["required"] = new JsonArray("spec");
        var request = new JsonObject { ["op"] = "crd", ["schema"] = schema, ["obj"] = Object(dice, spec) };
        if (!dice.Chance(40)) return request;
        request["old"] = dice.Chance(50) ? Object(dice, spec) : Changed(dice, (JsonObject)request["obj"]!, spec);
        return request;
    }

    private static JsonObject Object(Dice dice, JsonObject spec)
    {
        var obj = new JsonObject { ["apiVersion"] = "x.example.com/v1", ["kind"] = "X", ["metadata"] = new JsonObject { ["name"] = "n" } };
        if (dice.Chance(95)) obj["spec"] = Value(dice, spec);
        return obj;
    }

    private static JsonObject Changed(Dice dice, JsonObject obj, JsonObject spec)
    {
        var old = (JsonObject)obj.DeepClone();
        if (old["spec"] is JsonObject fields && spec["properties"] is JsonObject known)
        {
            foreach (var (name, schema) in known)
                if (dice.Chance(30)) fields[name] = Value(dice, (JsonObject)schema!);
        }

        return old;
    }

    private static JsonObject Schema(Dice dice, int depth)
    {
        var roll = dice.Roll(depth > 0 ? 11 : 5);
        var schema = roll switch
        {
            0 => Text(dice),
            1 => Number(dice, "integer"),
            2 => Number(dice, "number"),
            3 => new JsonObject { ["type"] = "boolean" },
            4 => IntOrText(dice),
            5 or 6 => List(dice, depth),
            7 => Map(dice, depth),
            8 => dice.Chance(50) ? new JsonObject { ["x-kubernetes-preserve-unknown-fields"] = true } : Struct(dice, depth, open: true),
            _ => Struct(dice, depth, open: false),
        };
        if (dice.Chance(15)) schema["nullable"] = true;
        if (dice.Chance(10)) Combine(dice, schema);
        return schema;
    }

    private static JsonObject IntOrText(Dice dice)
    {
        var schema = new JsonObject { ["x-kubernetes-int-or-string"] = true };
        if (dice.Chance(20)) schema["enum"] = new JsonArray("a", 1, "1");
        if (dice.Chance(20)) schema["pattern"] = "^[0-9x]+$";
        if (dice.Chance(10)) schema["maximum"] = 1;
        if (dice.Chance(10)) schema["format"] = dice.Pick("int32", "date", "ipv4");
        if (dice.Chance(15)) schema["default"] = dice.Pick<JsonNode>(1, "x");
        return schema;
    }

    private static JsonObject Text(Dice dice)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (dice.Chance(15)) schema["minLength"] = dice.Roll(3);
        if (dice.Chance(15)) schema["maxLength"] = dice.Roll(4);
        if (dice.Chance(15)) schema["pattern"] = dice.Pick("^a+$", "b", "^[\\w.]*$", "^\\d{1,2}$", "é", "(?i)^X", "^(a|bc)?$");
        if (dice.Chance(15)) schema["enum"] = new JsonArray("a", "b", "");
        if (dice.Chance(25)) schema["format"] = dice.Pick(Formats);
        if (dice.Chance(15)) schema["default"] = dice.Text("a", "b", "c");
        return schema;
    }

    private static JsonObject Number(Dice dice, string type)
    {
        var schema = new JsonObject { ["type"] = type };
        if (dice.Chance(20)) schema["minimum"] = dice.Pick(0, 1, 2);
        if (dice.Chance(20)) schema["maximum"] = dice.Pick<JsonNode>(2, 3, 2.5);
        if (dice.Chance(10)) schema["exclusiveMinimum"] = true;
        if (dice.Chance(10)) schema["exclusiveMaximum"] = true;
        if (dice.Chance(15)) schema["multipleOf"] = dice.Pick<JsonNode>(2, 0.5, 3, 0.1, 1.5);
        if (dice.Chance(10)) schema["enum"] = dice.Chance(60) ? new JsonArray(1, 2) : new JsonArray(0.5, 2.0, 3);
        if (dice.Chance(15)) schema["format"] = dice.Pick("int32", "int64", "float", "double", "date");
        if (dice.Chance(15)) schema["default"] = dice.Roll(3);
        return schema;
    }

    private static JsonObject List(Dice dice, int depth)
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = Schema(dice, depth - 1) };
        if (dice.Chance(15)) schema["minItems"] = dice.Roll(3);
        if (dice.Chance(15)) schema["maxItems"] = dice.Roll(3);
        if (dice.Chance(20))
        {
            schema["x-kubernetes-list-type"] = "set";
            schema["items"] = dice.Chance(70) ? Text(dice) : Number(dice, "integer");
        }
        else if (dice.Chance(25))
        {
            schema["x-kubernetes-list-type"] = "map";
            schema["x-kubernetes-list-map-keys"] = new JsonArray("k");
            var item = Struct(dice, depth - 1, open: false);
            (item["properties"] as JsonObject)!["k"] = dice.Chance(50) ? new JsonObject { ["type"] = "string" } : new JsonObject { ["type"] = "string", ["default"] = "a" };
            if (((JsonObject)item["properties"]!["k"]!).Count == 1) item["required"] = new JsonArray("k");
            schema["items"] = item;
            if (!dice.Chance(40)) return schema;
            schema["x-kubernetes-list-map-keys"] = new JsonArray("k", "n");
            item["properties"]!["n"] = dice.Chance(50) ? new JsonObject { ["type"] = "integer", ["default"] = 1 } : new JsonObject { ["type"] = dice.Pick("number", "boolean", "integer") };
        }

        return schema;
    }

    private static JsonObject Map(Dice dice, int depth)
    {
        var schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = dice.Chance(10) ? true : Schema(dice, depth - 1) };
        if (dice.Chance(15)) schema["minProperties"] = dice.Roll(3);
        if (dice.Chance(15)) schema["maxProperties"] = dice.Roll(3);
        return schema;
    }

    private static JsonObject Struct(Dice dice, int depth, bool open)
    {
        var properties = new JsonObject();
        foreach (var name in dice.Some(50, Names)) properties[name] = Schema(dice, depth - 1);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (open) schema["x-kubernetes-preserve-unknown-fields"] = true;
        if (dice.Chance(8)) schema["minProperties"] = dice.Roll(3);
        if (dice.Chance(8)) schema["maxProperties"] = dice.Roll(3);
        if (dice.Chance(30)) schema["required"] = new JsonArray([.. dice.Some(50, Names).Select(n => JsonValue.Create(n))]);
        if (dice.Chance(8))
        {
            schema["x-kubernetes-embedded-resource"] = true;
            schema["x-kubernetes-preserve-unknown-fields"] = true;
        }

        return schema;
    }

    private static void Combine(Dice dice, JsonObject schema)
    {
        foreach (var keyword in dice.Some(40, "anyOf", "oneOf", "allOf"))
            schema[keyword] = new JsonArray([.. Enumerable.Range(0, dice.Roll(3) + 1).Select(_ => Check(dice, schema, 2))]);
        if (dice.Chance(25)) schema["not"] = Check(dice, schema, 2);
    }

    /// <summary>A schema that only checks: what may stand in anyOf, oneOf, allOf and not.</summary>
    private static JsonObject Check(Dice dice, JsonObject of, int depth)
    {
        var check = new JsonObject();
        if (depth > 0 && dice.Chance(15)) check[dice.Pick("anyOf", "oneOf", "allOf")] = new JsonArray(Check(dice, of, depth - 1), Check(dice, of, depth - 1));
        if (depth > 0 && dice.Chance(10)) check["not"] = Check(dice, of, depth - 1);
        switch ((string?)of["type"])
        {
            case "object" when of["properties"] is JsonObject { Count: > 0 } properties:
                if (dice.Chance(60)) check["required"] = new JsonArray(dice.Pick<string>([.. properties.Select(p => p.Key), "z"]));
                var (name, field) = properties.First();
                if (dice.Chance(50)) check["properties"] = new JsonObject { [name] = Check(dice, (JsonObject)field!, depth - 1) };
                break;
            case "object" when of["additionalProperties"] is JsonObject values && dice.Chance(40):
                check["additionalProperties"] = Check(dice, values, depth - 1);
                break;
            case "array" when dice.Chance(60):
                check["items"] = Check(dice, (JsonObject)of["items"]!, depth - 1);
                break;
            case "string":
                check[dice.Pick("pattern", "format")] = dice.Pick("ipv4", "date", "^a", "b$");
                break;
            case null when of["x-kubernetes-int-or-string"] is not null && dice.Chance(50):
                check["type"] = dice.Pick("integer", "string");
                break;
            case null:
                break;
            default:
                check[dice.Pick("minimum", "maximum", "multipleOf")] = dice.Pick<JsonNode>(1, 2, 1.5);
                break;
        }

        if (dice.Chance(10)) check["enum"] = new JsonArray("a", 1, true);
        if (dice.Chance(8)) check["minLength"] = 1;
        if (dice.Chance(8)) check["maxItems"] = 1;
        if (dice.Chance(8)) check["minProperties"] = 1;
        return check;
    }

    private static JsonNode? Value(Dice dice, JsonObject schema)
    {
        if (dice.Chance(4)) return null;
        if (dice.Chance(4)) return dice.Pick<JsonNode>("odd", 7, true, new JsonObject(), new JsonArray(), 1.5);
        switch ((string?)schema["type"])
        {
            case "string":
                return schema["format"] is null
                    ? dice.Text("a", "b", "c", "aa", "bc", "é", "éé", "ééé", "12", "xyz", "")
                    : dice.Text(Texts);
            case "integer":
                return dice.Chance(90) ? dice.Roll(5) - 1 : dice.Pick<JsonNode>(2.0, 1.5, 3000000000, 1e21, -3.0, 2.0000000001, 97, 9007199254740993);
            case "number":
                return dice.Pick<JsonNode>(0, 1, 2, 2.5, 3, 0.5, -1, 1e40, 0.00001, 1234567.5, -2.5);
            case "boolean":
                return dice.Chance(50);
            case "array":
                var items = (JsonObject)schema["items"]!;
                return dice.List(3, () => Value(dice, items));
            case "object":
                return Fields(dice, schema);
            default:
                return schema["x-kubernetes-int-or-string"] is not null ? dice.Pick<JsonNode>(1, "x", "1", 97, 1.0, 2.5) : dice.Pick<JsonNode>(1, "x", new JsonObject { ["p"] = new JsonObject { ["q"] = 1 } }, new JsonArray(1));
        }
    }

    private static JsonObject Fields(Dice dice, JsonObject schema)
    {
        var fields = new JsonObject();
        if (schema["properties"] is JsonObject properties)
        {
            foreach (var (name, field) in properties)
                if (dice.Chance(75)) fields[name] = Value(dice, (JsonObject)field!);
            if (dice.Chance(8)) fields["unknown"] = new JsonObject { ["x"] = 1 };
        }

        if (schema["additionalProperties"] is JsonObject values)
        {
            foreach (var name in dice.Some(40, Names)) fields[name] = Value(dice, values);
        }

        if (schema["x-kubernetes-embedded-resource"] is not null)
        {
            if (dice.Chance(85)) fields["apiVersion"] = dice.Text("v1", "a/b/c", "");
            if (dice.Chance(85)) fields["kind"] = dice.Text("Pod", "Bad.Kind", "");
            if (dice.Chance(60)) fields["metadata"] = new JsonObject { ["name"] = dice.Text("n", "Bad_Name", "a/b"), ["odd"] = 1 };
        }

        return fields;
    }
}

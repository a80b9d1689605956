using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Random structural schemas with objects that nearly fit, and updates of such objects.</summary>
internal static class ObjectCases
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

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
            4 => new JsonObject { ["x-kubernetes-int-or-string"] = true },
            5 or 6 => List(dice, depth),
            7 => Map(dice, depth),
            8 => dice.Chance(50) ? new JsonObject { ["x-kubernetes-preserve-unknown-fields"] = true } : Struct(dice, depth, open: true),
            _ => Struct(dice, depth, open: false),
        };
        if (dice.Chance(15)) schema["nullable"] = true;
        if (dice.Chance(10)) Combine(dice, schema);
        return schema;
    }

    private static JsonObject Text(Dice dice)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (dice.Chance(15)) schema["minLength"] = dice.Roll(3);
        if (dice.Chance(15)) schema["maxLength"] = dice.Roll(4);
        if (dice.Chance(15)) schema["pattern"] = dice.Pick("^a+$", "b", "^[\\w.]*$", "^\\d{1,2}$", "é", "(?i)^X", "^(a|bc)?$");
        if (dice.Chance(15)) schema["enum"] = new JsonArray("a", "b", "");
        if (dice.Chance(25)) schema["format"] = dice.Pick("date", "date-time", "byte", "uuid", "ipv4", "ipv6", "cidr", "mac", "uri", "hostname", "email", "duration", "int32", "nonsense", "bsonobjectid", "isbn", "creditcard", "hexcolor", "rgbcolor", "password", "ssn");
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
        if (dice.Chance(15)) schema["multipleOf"] = dice.Pick<JsonNode>(2, 0.5, 3);
        if (dice.Chance(10)) schema["enum"] = new JsonArray(1, 2);
        if (dice.Chance(15)) schema["format"] = dice.Pick("int32", "int64", "float", "double");
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
        }

        return schema;
    }

    private static JsonObject Map(Dice dice, int depth)
    {
        var schema = new JsonObject { ["type"] = "object", ["additionalProperties"] = Schema(dice, depth - 1) };
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
        if ((string?)schema["type"] == "integer") schema[dice.Pick("anyOf", "allOf", "oneOf")] = new JsonArray(new JsonObject { ["minimum"] = 1 }, new JsonObject { ["maximum"] = 2 });
        else if ((string?)schema["type"] == "string" && dice.Chance(50)) schema["not"] = new JsonObject { ["enum"] = new JsonArray("a", "c") };
        else if ((string?)schema["type"] == "string") schema["anyOf"] = new JsonArray(new JsonObject { ["pattern"] = "^a" }, new JsonObject { ["maxLength"] = 1 });
        else if ((string?)schema["type"] == "object" && schema["properties"] is JsonObject { Count: > 0 } properties)
        {
            var name = properties.First().Key;
            schema[dice.Pick("oneOf", "anyOf")] = new JsonArray(new JsonObject { ["required"] = new JsonArray(name) }, new JsonObject { ["required"] = new JsonArray("z") });
        }
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
                    : dice.Text("2020-01-02", "2020-01-02T03:04:05Z", "YWJj", "ab!", "10.0.0.1", "010.0.0.1", "::1", "10.0.0.0/8", "00:11:22:33:44:55", "http://x/y", "a.b-c", "-a", "a@b.c", "1h30m", "3 days", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "5", "#fff", "rgb(1,2,3)", "");
            case "integer":
                return dice.Chance(90) ? dice.Roll(5) - 1 : dice.Pick<JsonNode>(2.0, 1.5, 3000000000);
            case "number":
                return dice.Pick<JsonNode>(0, 1, 2, 2.5, 3, 0.5, -1);
            case "boolean":
                return dice.Chance(50);
            case "array":
                var items = (JsonObject)schema["items"]!;
                return dice.List(3, () => Value(dice, items));
            case "object":
                return Fields(dice, schema);
            default:
                return schema["x-kubernetes-int-or-string"] is not null ? dice.Pick<JsonNode>(1, "x", "1") : dice.Pick<JsonNode>(1, "x", new JsonObject { ["p"] = new JsonObject { ["q"] = 1 } }, new JsonArray(1));
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

using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Random sequences of applies and updates by several managers, on a custom resource with every list and map type and on built-in kinds.</summary>
internal static class ApplyCases
{
    public static readonly JsonObject CustomSchema = JsonAssertions.Json("""
        {"type":"object","properties":{"spec":{"type":"object","properties":{
          "a":{"type":"integer"},
          "b":{"type":"string","nullable":true},
          "any":{"x-kubernetes-preserve-unknown-fields":true},
          "port":{"x-kubernetes-int-or-string":true},
          "map":{"type":"object","additionalProperties":{"type":"integer"}},
          "atomicMap":{"type":"object","x-kubernetes-map-type":"atomic","additionalProperties":{"type":"integer"}},
          "struct":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"integer"},"deep":{"type":"object","properties":{"z":{"type":"string"}}}}},
          "atomicStruct":{"type":"object","x-kubernetes-map-type":"atomic","properties":{"x":{"type":"integer"},"y":{"type":"integer"}}},
          "open":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"x":{"type":"integer"}}},
          "list":{"type":"array","items":{"type":"integer"}},
          "set":{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set"},
          "numbers":{"type":"array","items":{"type":"number"},"x-kubernetes-list-type":"set"},
          "items":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["id"],
            "items":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"v":{"type":"integer"},
              "sub":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n","p"],
                "items":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"p":{"type":"string","default":"TCP"},"w":{"type":"string"}}}}}}}}},
          "status":{"type":"object","properties":{"ready":{"type":"boolean"}}}}}
        """);

    public static JsonObject Sequence(Dice dice)
    {
        var kind = dice.Chance(70) ? "X" : dice.Pick("Pod", "Service", "ConfigMap");
        var request = new JsonObject { ["op"] = "ssa", ["kind"] = kind };
        if (kind == "X") request["schema"] = CustomSchema.DeepClone();
        var steps = new JsonArray();
        for (var i = dice.Roll(6) + 1; i > 0; i--)
        {
            // A built-in kind is applied first: what an update of nothing owns hangs on Go's structs, which the oracle does not see.
            var apply = dice.Chance(70) || (kind != "X" && steps.Count == 0);
            var obj = Object(dice, kind, broken: apply);
            if (apply && steps.Count > 0 && dice.Chance(3)) obj["apiVersion"] = "other/v9";
            if (apply && kind == "X" && dice.Chance(3)) ((obj["spec"] as JsonObject) ?? []).Add("unknown", 1);
            var step = new JsonObject { ["act"] = apply ? "apply" : "update", ["manager"] = dice.Pick("m1", "m2", apply ? "kubectl" : "m3"), ["obj"] = obj };
            if (apply) step["force"] = dice.Chance(40);
            steps.Add((JsonNode)step);
        }

        request["steps"] = steps;
        return request;
    }

    private static JsonObject Object(Dice dice, string kind, bool broken)
    {
        var metadata = new JsonObject { ["name"] = "n" };
        if (dice.Chance(30)) metadata["labels"] = Map(dice, () => dice.Text("1", "2"));
        if (dice.Chance(20)) metadata["finalizers"] = dice.Keyed(50, ["f/a", "f/b"], v => JsonValue.Create(v));
        if (dice.Chance(10)) metadata["ownerReferences"] = dice.Keyed(50, ["u1", "u2"], uid => new JsonObject { ["uid"] = uid, ["apiVersion"] = "v1", ["kind"] = "A", ["name"] = dice.Text("a", "b") });
        var obj = new JsonObject { ["metadata"] = metadata };
        switch (kind)
        {
            case "X":
                if (dice.Chance(92)) obj["spec"] = CustomSpec(dice, broken);
                if (dice.Chance(10)) obj["status"] = new JsonObject { ["ready"] = dice.Chance(50) };
                break;
            case "ConfigMap":
                obj["data"] = Map(dice, () => dice.Text("1", "2"));
                break;
            case "Service":
                obj["spec"] = new JsonObject
                {
                    ["ports"] = dice.Keyed(50, ["80", "81"], p => Port(dice, "port", p)),
                    ["selector"] = Map(dice, () => dice.Text("1", "2")),
                };
                break;
            default:
                obj["spec"] = new JsonObject { ["containers"] = dice.Keyed(60, ["a", "b"], n => Container(dice, n)), ["tolerations"] = dice.List(1, () => new JsonObject { ["key"] = dice.Text("k", "l") }) };
                break;
        }

        return obj;
    }

    private static JsonObject CustomSpec(Dice dice, bool broken)
    {
        var spec = new JsonObject();
        if (dice.Chance(40)) spec["a"] = dice.Roll(2);
        if (dice.Chance(30)) spec["b"] = dice.Chance(20) ? null : dice.Text("x", "y");
        if (dice.Chance(20)) spec["any"] = dice.Roll(4) switch { 0 => 1, 1 => new JsonArray(1, 2), 2 => null, _ => new JsonObject { ["k"] = dice.Roll(2), ["l"] = new JsonObject { ["m"] = dice.Roll(2) } } };
        if (dice.Chance(20)) spec["port"] = dice.Chance(50) ? 1 : dice.Text("http", "x");
        if (dice.Chance(40)) spec["map"] = Map(dice, () => dice.Roll(2));
        if (dice.Chance(25)) spec["atomicMap"] = Map(dice, () => dice.Roll(2));
        if (dice.Chance(40)) spec["struct"] = Struct(dice);
        if (dice.Chance(25)) spec["atomicStruct"] = new JsonObject { ["x"] = dice.Roll(2), ["y"] = dice.Roll(2) };
        if (dice.Chance(20)) spec["open"] = new JsonObject { ["x"] = dice.Roll(2), ["more"] = dice.Roll(2) };
        if (dice.Chance(25)) spec["list"] = dice.List(2, () => dice.Roll(3));
        if (dice.Chance(40)) spec["set"] = dice.Chance(95) ? dice.Keyed(50, ["p", "q", "r"], v => JsonValue.Create(v)) : dice.List(3, () => dice.Text("p", "q"));
        if (dice.Chance(15)) spec["numbers"] = dice.Chance(95) ? new JsonArray(1, 2.5) : new JsonArray(1, 1);
        if (dice.Chance(45)) spec["items"] = dice.Keyed(50, ["i", "j", "k"], id => Item(dice, id));
        if (!broken) return spec;
        if (dice.Chance(2)) spec["items"] = new JsonArray(new JsonObject { ["v"] = 1 });
        if (dice.Chance(2)) spec["items"] = new JsonArray(new JsonObject { ["id"] = "i" }, new JsonObject { ["id"] = "i", ["v"] = 1 });
        if (dice.Chance(2)) spec["set"] = dice.Pick<JsonNode?>("text", new JsonObject(), null);
        if (dice.Chance(2)) spec["struct"] = dice.Pick<JsonNode?>("text", new JsonArray(), null);
        return spec;
    }

    private static JsonObject Struct(Dice dice)
    {
        var obj = new JsonObject();
        foreach (var name in dice.Some(50, "x", "y")) obj[name] = dice.Roll(2);
        if (dice.Chance(40)) obj["deep"] = dice.Chance(70) ? new JsonObject { ["z"] = dice.Text("1", "2") } : new JsonObject();
        return obj;
    }

    private static JsonObject Item(Dice dice, string id)
    {
        var item = new JsonObject { ["id"] = id };
        if (dice.Chance(50)) item["v"] = dice.Roll(2);
        if (dice.Chance(30)) item["sub"] = dice.Keyed(60, ["1", "2"], n =>
        {
            var sub = new JsonObject { ["n"] = int.Parse(n) };
            if (dice.Chance(40)) sub["p"] = dice.Text("TCP", "UDP");
            if (dice.Chance(40)) sub["w"] = dice.Text("1", "2");
            return sub;
        });
        return item;
    }

    private static JsonObject Container(Dice dice, string name)
    {
        var container = new JsonObject { ["name"] = name };
        if (dice.Chance(60)) container["image"] = dice.Text("i", "j");
        if (dice.Chance(50)) container["ports"] = dice.Keyed(60, ["80", "81"], p => Port(dice, "containerPort", p));
        if (dice.Chance(40)) container["env"] = dice.Keyed(60, ["E", "F"], e => new JsonObject { ["name"] = e, ["value"] = dice.Text("1", "2") });
        return container;
    }

    private static JsonObject Port(Dice dice, string key, string number)
    {
        var port = new JsonObject { [key] = int.Parse(number) };
        if (dice.Chance(50)) port["protocol"] = dice.Text("TCP", "UDP");
        if (dice.Chance(30)) port["name"] = dice.Text("n", "m");
        return port;
    }

    private static JsonObject Map(Dice dice, Func<JsonNode?> value)
    {
        var map = new JsonObject();
        foreach (var key in dice.Some(50, "a", "b", "c")) map[key] = value();
        return map;
    }
}

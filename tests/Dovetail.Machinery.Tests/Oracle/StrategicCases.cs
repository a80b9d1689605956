using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Random pieces of Pods, Services and Deployments, and strategic merge patches with every directive.</summary>
internal static class StrategicCases
{
    public static JsonObject Patch(Dice dice)
    {
        var kind = dice.Pick("Pod", "Service", "Deployment");
        return new JsonObject { ["op"] = "strategic", ["kind"] = kind, ["doc"] = Object(dice, kind, patch: false), ["patch"] = Object(dice, kind, patch: true) };
    }

    public static JsonObject Object(Dice dice, string kind, bool patch)
    {
        var obj = new JsonObject();
        if (dice.Chance(60)) obj["metadata"] = Metadata(dice, patch);
        if (dice.Chance(85)) obj["spec"] = kind switch { "Pod" => PodSpec(dice, patch), "Service" => ServiceSpec(dice, patch), _ => DeploymentSpec(dice, patch) };
        return Directed(dice, obj, patch, 1);
    }

    private static JsonObject Metadata(Dice dice, bool patch)
    {
        var metadata = new JsonObject();
        if (dice.Chance(60)) metadata["labels"] = Map(dice, patch);
        if (dice.Chance(50)) Primitives(dice, metadata, "finalizers", patch, ["f/a", "f/b", "f/c"]);
        if (dice.Chance(30)) List(dice, metadata, "ownerReferences", "uid", patch, ["u1", "u2"], uid => new JsonObject { ["uid"] = uid, ["kind"] = dice.Text("A", "B") });
        return Directed(dice, metadata, patch, 3);
    }

    private static JsonObject PodSpec(Dice dice, bool patch)
    {
        var spec = new JsonObject();
        if (dice.Chance(85)) List(dice, spec, "containers", "name", patch, ["a", "b", "c"], name => Container(dice, name, patch));
        if (dice.Chance(40)) List(dice, spec, "volumes", "name", patch, ["v", "w", "x"], name => Volume(dice, name, patch));
        if (dice.Chance(30)) List(dice, spec, "imagePullSecrets", "name", patch, ["s", "t"], name => new JsonObject { ["name"] = name });
        if (dice.Chance(30)) spec["tolerations"] = dice.List(2, () => new JsonObject { ["key"] = dice.Text("k", "l") });
        if (dice.Chance(30)) spec["nodeSelector"] = Map(dice, patch);
        if (dice.Chance(20)) spec["securityContext"] = new JsonObject { ["runAsUser"] = dice.Roll(3), ["supplementalGroups"] = dice.List(2, () => dice.Roll(3)) };
        if (dice.Chance(20)) spec["nodeName"] = patch && dice.Chance(30) ? null : dice.Text("n", "m");
        return Directed(dice, spec, patch, 3);
    }

    private static JsonObject Container(Dice dice, string name, bool patch)
    {
        var container = new JsonObject { ["name"] = name };
        if (dice.Chance(60)) container["image"] = patch && dice.Chance(15) ? null : dice.Text("i", "j");
        if (dice.Chance(40)) List(dice, container, "env", "name", patch, ["E", "F", "G"], e => new JsonObject { ["name"] = e, ["value"] = dice.Text("1", "2") });
        if (dice.Chance(40)) List(dice, container, "ports", "containerPort", patch, ["80", "81", "53"], p => new JsonObject { ["containerPort"] = int.Parse(p), ["protocol"] = dice.Text("TCP", "UDP") });
        if (dice.Chance(30)) container["args"] = dice.List(3, () => dice.Text("x", "y"));
        if (dice.Chance(30)) List(dice, container, "volumeMounts", "mountPath", patch, ["/a", "/b"], p => new JsonObject { ["mountPath"] = p, ["name"] = dice.Text("v", "w") });
        if (dice.Chance(20)) container["resources"] = new JsonObject { ["limits"] = Map(dice, patch) };
        return Directed(dice, container, patch, 8);
    }

    private static JsonObject Volume(Dice dice, string name, bool patch)
    {
        var volume = new JsonObject { ["name"] = name };
        var source = dice.Pick("emptyDir", "hostPath", "secret");
        volume[source] = source switch
        {
            "emptyDir" => dice.Chance(50) ? new JsonObject() : new JsonObject { ["medium"] = "Memory" },
            "hostPath" => new JsonObject { ["path"] = dice.Text("/p", "/q") },
            _ => new JsonObject { ["secretName"] = dice.Text("s", "t") },
        };
        if (patch && dice.Chance(50)) volume["$retainKeys"] = dice.Chance(90) ? new JsonArray("name", source) : new JsonArray(source);
        return Directed(dice, volume, patch, 5);
    }

    private static JsonObject ServiceSpec(Dice dice, bool patch)
    {
        var spec = new JsonObject();
        if (dice.Chance(70)) List(dice, spec, "ports", "port", patch, ["80", "81", "443"], p => new JsonObject { ["port"] = int.Parse(p), ["name"] = dice.Text("n", "m") });
        if (dice.Chance(40)) spec["selector"] = Map(dice, patch);
        if (dice.Chance(40)) spec["externalIPs"] = dice.List(2, () => dice.Text("1.1.1.1", "2.2.2.2"));
        return Directed(dice, spec, patch, 3);
    }

    private static JsonObject DeploymentSpec(Dice dice, bool patch)
    {
        var spec = new JsonObject();
        if (dice.Chance(40)) spec["replicas"] = patch && dice.Chance(20) ? null : dice.Roll(3);
        if (dice.Chance(50))
        {
            var strategy = new JsonObject { ["type"] = dice.Text("Recreate", "RollingUpdate") };
            if (dice.Chance(50)) strategy["rollingUpdate"] = new JsonObject { ["maxSurge"] = dice.Roll(3) };
            if (patch && dice.Chance(50)) strategy["$retainKeys"] = new JsonArray([.. strategy.Select(f => JsonValue.Create(f.Key))]);
            spec["strategy"] = Directed(dice, strategy, patch, 5);
        }

        if (dice.Chance(50)) spec["template"] = new JsonObject { ["spec"] = PodSpec(dice, patch) };
        return Directed(dice, spec, patch, 3);
    }

    private static JsonObject Map(Dice dice, bool patch)
    {
        var map = new JsonObject();
        foreach (var key in dice.Some(50, "a", "b", "c")) map[key] = patch && dice.Chance(25) ? null : dice.Text("1", "2");
        return Directed(dice, map, patch, 4);
    }

    private static void Primitives(Dice dice, JsonObject owner, string field, bool patch, string[] values)
    {
        // Not both: upstream does them in the random order of a Go map.
        var deletes = patch && dice.Chance(40);
        if (!deletes && (!patch || dice.Chance(80))) owner[field] = dice.Keyed(50, values, v => JsonValue.Create(v));
        if (deletes) owner[$"$deleteFromPrimitiveList/{field}"] = dice.Keyed(50, values, v => JsonValue.Create(v));
        if (patch && dice.Chance(40)) owner[$"$setElementOrder/{field}"] = dice.Keyed(75, values, v => JsonValue.Create(v));
    }

    private static void List(Dice dice, JsonObject owner, string field, string key, bool patch, string[] keys, Func<string, JsonObject> item)
    {
        if (patch && dice.Chance(3))
        {
            owner[field] = dice.Pick<JsonNode?>(null, JsonValue.Create("text"), new JsonObject(), new JsonArray("text"), new JsonArray(new JsonArray()));
            return;
        }

        if (!patch || dice.Chance(85))
        {
            var items = dice.Keyed(55, keys, k =>
            {
                if (!patch || !dice.Chance(12)) return item(k);
                return new JsonObject { [key] = int.TryParse(k, out var number) ? number : k, ["$patch"] = "delete" };
            });
            if (patch && dice.Chance(6)) items.Insert(dice.Roll(items.Count + 1), new JsonObject { ["$patch"] = "replace" });
            if (patch && dice.Chance(2) && items.Count > 0) ((JsonObject)items[0]!).Remove(key);
            owner[field] = items;
        }

        if (!patch || !dice.Chance(35)) return;
        var order = dice.Keyed(dice.Chance(50) ? 100 : 60, keys, k => new JsonObject { [key] = int.TryParse(k, out var number) ? number : k });
        owner[$"$setElementOrder/{field}"] = order;
    }

    private static JsonObject Directed(Dice dice, JsonObject obj, bool patch, int percent)
    {
        if (patch && dice.Chance(percent)) obj["$patch"] = dice.Pick("replace", "delete", "merge", "replace", "delete", "what");
        return obj;
    }
}

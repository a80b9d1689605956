using System.Text.Json.Nodes;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>Random documents with JSON and merge patches for them.</summary>
internal static class PatchCases
{
    private static readonly string[] Names = ["a", "b", "c/d", "e~f", "0"];

    public static JsonObject JsonPatch(Dice dice)
    {
        var doc = Object(dice, 3);
        var patch = new JsonArray();
        for (var i = dice.Roll(4) + 1; i > 0; i--) patch.Add((JsonNode)Operation(dice, doc));
        return new JsonObject { ["op"] = "json", ["doc"] = doc, ["patch"] = patch };
    }

    public static JsonObject Merge(Dice dice) => new() { ["op"] = "merge", ["doc"] = Object(dice, 3), ["patch"] = Object(dice, 3, nulls: 25) };

    private static JsonObject Operation(Dice dice, JsonObject doc)
    {
        var operation = new JsonObject();
        var kind = dice.Chance(97) ? dice.Pick("add", "remove", "replace", "move", "copy", "test") : dice.Pick("poke", "");
        if (dice.Chance(99)) operation["op"] = kind;
        var path = Path(dice, doc);
        if (dice.Chance(98)) operation["path"] = path;
        if (kind is "move" or "copy" && dice.Chance(98)) operation["from"] = Path(dice, doc);
        if (kind is not ("add" or "replace" or "test") || !dice.Chance(95)) return operation;
        operation["value"] = kind == "test" && dice.Chance(70) ? At(doc, path)?.DeepClone() : Value(dice, 2);
        return operation;
    }

    /// <summary>Mostly a path that is there, with a last step that may be wrong.</summary>
    private static string Path(Dice dice, JsonObject doc)
    {
        if (dice.Chance(3)) return dice.Pick("", "/", "a", "a/b", "//");
        var path = "";
        JsonNode? node = doc;
        while (true)
        {
            switch (node)
            {
                case JsonObject { Count: > 0 } fields when dice.Chance(85):
                    var name = dice.Pick<string>([.. fields.Select(f => f.Key)]);
                    path += "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
                    node = fields[name];
                    break;
                case JsonArray { Count: > 0 } items when dice.Chance(80):
                    var index = dice.Roll(items.Count);
                    path += $"/{index}";
                    node = items[index];
                    break;
                case JsonArray items:
                    return $"{path}/{dice.Pick("-", "-1", $"{items.Count}", $"{items.Count + 1}", $"-{items.Count + 2}", "x", "01", "")}";
                case JsonObject:
                    return $"{path}/{dice.Pick("new", "a", "0")}";
                default:
                    return dice.Chance(10) ? $"{path}/deeper" : path;
            }

            if (dice.Chance(35)) return path;
        }
    }

    private static JsonNode? At(JsonNode? node, string path)
    {
        foreach (var step in path.Split('/').Skip(1))
        {
            var name = step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node switch
            {
                JsonObject fields => fields[name],
                JsonArray items when int.TryParse(name, out var i) && i >= 0 && i < items.Count => items[i],
                _ => null,
            };
        }

        return node;
    }

    private static JsonObject Object(Dice dice, int depth, int nulls = 4)
    {
        var fields = new JsonObject();
        foreach (var name in dice.Some(50, Names)) fields[name] = dice.Chance(nulls) ? null : Value(dice, depth - 1, nulls);
        return fields;
    }

    private static JsonNode? Value(Dice dice, int depth, int nulls = 4) => dice.Roll(depth > 0 ? 6 : 3) switch
    {
        0 => dice.Roll(3),
        1 => dice.Text("x", "y", ""),
        2 => dice.Chance(50),
        // null in a list is left out: upstream's library dies of comparing one.
        3 => dice.List(3, () => Value(dice, depth - 1, nulls)),
        _ => Object(dice, depth, nulls),
    };
}

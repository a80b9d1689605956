using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Selectors;
using Dovetail.Store;

namespace Dovetail.ApiServer.Tests.Registry;

public sealed class LabelFilterTests
{
    private static readonly Gen<string> Keys = Gen.OneOf("app", "tier", "example.com/tier", "a", "n");
    private static readonly Gen<string> Texts = Gen.OneOf("", "x", "y", "7", "12", "tier");

    private static readonly Gen<string> Terms = Gen.Select(Keys, Texts, Texts, Gen.Int[0, 7]).Select((key, one, two, form) => form switch
    {
        0 => $"{key}={one}",
        1 => $"{key}!={one}",
        2 => $"{key} in ({one},{two})",
        3 => $"{key} notin ({one},{two})",
        4 => key,
        5 => $"!{key}",
        6 => $"{key}>8",
        _ => $"{key}<8",
    });

    private static readonly Gen<JsonObject> Objects = Gen.Select(Gen.Select(Keys, Texts).List[0, 4], Gen.Int[0, 5]).Select((pairs, form) =>
    {
        JsonObject? labels = [];
        foreach (var (key, value) in pairs) labels[key] = value;
        return form switch
        {
            0 => new JsonObject { ["kind"] = "X" },
            1 => new JsonObject { ["metadata"] = new JsonObject { ["name"] = "a", ["labels"] = null, ["annotations"] = labels } },
            2 => new JsonObject { ["spec"] = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = "x" } } }, ["metadata"] = new JsonObject { ["labels"] = labels } },
            3 => new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["note"] = "\"labels\":{\"app\":\"x\"} é \\" }, ["labels"] = labels } },
            _ => new JsonObject { ["kind"] = "X", ["metadata"] = new JsonObject { ["name"] = "a", ["labels"] = labels, ["managedFields"] = new JsonArray() }, ["data"] = new JsonObject() },
        };
    });

    [Fact]
    public void Stored_objects_match_as_their_trees_do_and_again_by_what_was_noted_of_them() => Gen.Select(Objects, Terms.List[1, 3]).Sample((obj, terms) =>
    {
        var selector = LabelSelector.Parse(string.Join(',', terms));
        var stored = new StoredObject(new("x", "", "a"), 1, 1, 0, Encoding.UTF8.GetBytes(obj.ToJsonString()));
        var filter = new LabelFilter(selector);
        filter.Matches(stored).ShouldBe(selector.MatchesObject(obj), $"{selector} of {obj.ToJsonString()}");
        filter.Matches(stored).ShouldBe(selector.MatchesObject(obj));
        stored.Digest.ShouldNotBe(0UL);
    });
}

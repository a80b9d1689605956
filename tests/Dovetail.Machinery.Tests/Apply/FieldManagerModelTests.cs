using System.Text.Json.Nodes;
using CsCheck;
using Dovetail.Machinery.Apply;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Apply;

/// <summary>Random sequences of applies and updates against a naive model: an object is a flat table of paths, ownership a set of paths for each manager.</summary>
public sealed class FieldManagerModelTests
{
    private static readonly Schema Kind = SchemaParser.Parse(
        JsonAssertions.Json("""
            {"type":"object","properties":{"spec":{"type":"object","properties":{
              "a":{"type":"integer"},
              "b":{"type":"integer"},
              "map":{"type":"object","additionalProperties":{"type":"integer"}},
              "atomic":{"type":"array","items":{"type":"integer"},"x-kubernetes-list-type":"atomic"},
              "set":{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set"},
              "items":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["id"],
                "items":{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"v":{"type":"integer"},"w":{"type":"integer"}}}}}}}}
            """),
        "schema").Schema;

    private static readonly Gen<JsonObject> Spec = Gen.Select(
        Gen.Int[-1, 2], Gen.Int[-1, 2],
        Gen.Select(Gen.OneOf("x", "y"), Gen.Int[0, 1]).List[0, 2],
        Gen.Int[-1, 1],
        Gen.OneOf("p", "q").List[0, 2],
        Gen.Select(Gen.OneOf("i", "j"), Gen.Int[-1, 1], Gen.Int[-1, 1]).List[0, 2]).Select(Build);

    private enum Act
    {
        Apply,
        ForcedApply,
        Update,
    }

    [Fact]
    public void Applies_and_updates_agree_with_the_naive_model() =>
        Gen.Select(Gen.Enum<Act>(), Gen.OneOf("m1", "m2", "m3"), Spec).List[1, 8].Sample(
            steps =>
            {
                var manager = new FieldManager(Kind, "x/v1", "X", "", FieldSet.Empty, TimeProvider.System);
                JsonObject? live = null;
                var model = new Model();
                foreach (var (act, name, spec) in steps)
                {
                    var item = new JsonObject { ["apiVersion"] = "x/v1", ["kind"] = "X", ["metadata"] = new JsonObject { ["name"] = "n" }, ["spec"] = spec.DeepClone() };
                    if (act == Act.Update)
                    {
                        manager.Update(live, item, name);
                        model.Update(spec, name);
                        live = item;
                    }
                    else
                    {
                        var conflict = false;
                        try
                        {
                            live = manager.Apply(live, item, name, act == Act.ForcedApply);
                        }
                        catch (StatusException e) when (e.Status.Code == 409)
                        {
                            conflict = true;
                        }

                        conflict.ShouldBe(!model.Apply(spec, name, act == Act.ForcedApply), $"conflict of {act} {name} {spec.ToJsonString()} on {live?.ToJsonString()}");
                    }

                    if (live is not null) Check(live, model, $"after {act} {name} {spec.ToJsonString()}");
                }
            },
            iter: 1000);

    private static void Check(JsonObject live, Model model, string context)
    {
        var flat = Flat.Of(live["spec"] as JsonObject);
        string.Join("\n", flat.Select(pair => pair.Key + "=" + pair.Value).Order()).ShouldBe(string.Join("\n", model.Values.Select(pair => pair.Key + "=" + pair.Value).Order()), context);
        var owners = ((JsonArray?)live["metadata"]!["managedFields"] ?? []).ToDictionary(
            entry => entry!["manager"] + "/" + entry["operation"],
            entry => FieldSet.Parse((JsonObject)entry!["fieldsV1"]!).Paths().Select(path => string.Join("|", path)).Where(Flat.IsLeafPath).Order(StringComparer.Ordinal).ToList());
        foreach (var (owner, paths) in model.Owners)
            string.Join("\n", owners.GetValueOrDefault(owner, [])).ShouldBe(string.Join("\n", paths.Order(StringComparer.Ordinal)), context + " owner " + owner);
        owners.Where(pair => pair.Value.Count > 0).Select(pair => pair.Key).Except(model.Owners.Where(pair => pair.Value.Count > 0).Select(pair => pair.Key)).ShouldBeEmpty();
    }

    private static JsonObject Build(int a, int b, List<(string Key, int Value)> map, int atomic, List<string> set, List<(string Id, int V, int W)> items)
    {
        // Always one value, so that the spec itself is never empty: whether an empty parent is kept is not this model's subject.
        var spec = new JsonObject { ["b"] = b };
        if (a >= 0) spec["a"] = a;
        if (map.Count > 0) spec["map"] = new JsonObject(map.DistinctBy(pair => pair.Key).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))));
        if (atomic >= 0) spec["atomic"] = new JsonArray(atomic);
        if (set.Count > 0) spec["set"] = new JsonArray([.. set.Distinct().Select(value => (JsonNode?)JsonValue.Create(value))]);
        if (items.Count > 0)
            spec["items"] = new JsonArray([.. items.DistinctBy(item => item.Id).Select(item =>
            {
                var fields = new JsonObject { ["id"] = item.Id };
                if (item.V >= 0) fields["v"] = item.V;
                if (item.W >= 0) fields["w"] = item.W;
                return (JsonNode?)fields;
            })]);
        return spec;
    }

    /// <summary>An object as a table from path to value: list items and map entries are rows too.</summary>
    private static class Flat
    {
        public static Dictionary<string, string> Of(JsonObject? spec)
        {
            var rows = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, value) in spec ?? [])
            {
                var path = "f:spec|f:" + name;
                switch (name)
                {
                    case "map":
                        foreach (var (key, entry) in (JsonObject)value!) rows[path + "|f:" + key] = entry!.ToJsonString();
                        break;
                    case "set":
                        foreach (var entry in (JsonArray)value!) rows[path + "|v:" + entry!.ToJsonString()] = "";
                        break;
                    case "items":
                        foreach (var entry in ((JsonArray)value!).Cast<JsonObject>())
                        {
                            var at = $"{path}|k:{{\"id\":{entry["id"]!.ToJsonString()}}}";
                            rows[at] = "";
                            foreach (var (field, content) in entry) rows[at + "|f:" + field] = content!.ToJsonString();
                        }

                        break;
                    default:
                        rows[path] = value!.ToJsonString();
                        break;
                }
            }

            return rows;
        }

        public static bool IsLeafPath(string path) => path is not ("f:spec" or "f:spec|f:map" or "f:spec|f:set" or "f:spec|f:items");
    }

    private sealed class Model
    {
        public Dictionary<string, string> Values { get; private set; } = [];

        public Dictionary<string, HashSet<string>> Owners { get; } = [];

        public void Update(JsonObject spec, string manager)
        {
            var next = Flat.Of(spec);
            var written = next.Where(pair => Values.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key).ToHashSet();
            var removed = Values.Keys.Where(path => !next.ContainsKey(path)).ToHashSet();
            foreach (var owned in Owners.Values) owned.RemoveWhere(path => written.Contains(path) || removed.Contains(path));
            Owned(manager + "/Update").UnionWith(written);
            Values = next;
        }

        public bool Apply(JsonObject spec, string manager, bool force)
        {
            var wanted = Flat.Of(spec);
            var self = manager + "/Apply";
            var previous = Owners.GetValueOrDefault(self, []);
            var next = new Dictionary<string, string>(Values);
            foreach (var (path, value) in wanted) next[path] = value;
            foreach (var path in previous.Where(path => !wanted.ContainsKey(path)))
            {
                // A path stays while someone else owns it. A list item goes with all its fields, even those that an updater owns: upstream calls them dangling.
                if (Owners.Any(owner => owner.Key != self && owner.Value.Contains(path))) continue;
                foreach (var gone in next.Keys.Where(key => key == path || key.StartsWith(path + "|", StringComparison.Ordinal)).ToList()) next.Remove(gone);
            }

            var written = next.Where(pair => Values.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key).ToHashSet();
            var removed = Values.Keys.Where(path => !next.ContainsKey(path)).ToHashSet();
            if (!force && Owners.Any(owner => owner.Key != self && owner.Value.Overlaps(written))) return false;
            foreach (var owner in Owners.Where(owner => owner.Key != self)) owner.Value.RemoveWhere(path => written.Contains(path) || removed.Contains(path));
            Owners[self] = [.. wanted.Keys];
            Values = next;
            return true;
        }

        private HashSet<string> Owned(string owner) => Owners.TryGetValue(owner, out var paths) ? paths : Owners[owner] = [];
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Dovetail.Machinery.Apply;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Patch;
using Dovetail.Machinery.Patterns;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Oracle;

/// <summary>What this project makes of a case, in the shape in which the oracle answers.</summary>
internal static class OurAnswers
{
    private static readonly Dictionary<string, string> Definitions = new()
    {
        ["Pod"] = "io.k8s.api.core.v1.Pod",
        ["Service"] = "io.k8s.api.core.v1.Service",
        ["ConfigMap"] = "io.k8s.api.core.v1.ConfigMap",
        ["Deployment"] = "io.k8s.api.apps.v1.Deployment",
    };

    public static JsonObject To(JsonObject request) => (string)request["op"]! switch
    {
        "json" => Patched(request, PatchType.Json, null),
        "merge" => Patched(request, PatchType.Merge, null),
        "strategic" => Patched(request, PatchType.StrategicMerge, BuiltInSchemas.Get(Definitions[(string)request["kind"]!])),
        "ssa" => Applied(request),
        "crd" => Walked(request),
        "pattern" => Matched(request),
        var other => throw new ArgumentException(other),
    };

    private static JsonObject Matched(JsonObject request)
    {
        try
        {
            var pattern = GoPattern.Parse((string)request["pattern"]!);
            return new JsonObject { ["result"] = new JsonArray([.. ((JsonArray)request["texts"]!).Select(text => JsonValue.Create(pattern.IsMatch((string)text!)))]) };
        }
        catch (GoPatternException e)
        {
            return new JsonObject { ["error"] = e.Message };
        }
    }

    private static JsonObject Patched(JsonObject request, PatchType type, Schema? schema)
    {
        try
        {
            var doc = (JsonObject)JsonObjectReader.Read(Encoding.UTF8.GetBytes(request["doc"]!.ToJsonString())).Root!;
            return new JsonObject { ["result"] = Patches.Read(type, Encoding.UTF8.GetBytes(request["patch"]?.ToJsonString() ?? "null"), schema).Apply(doc)?.DeepClone() };
        }
        catch (StatusException e)
        {
            return new JsonObject { ["code"] = e.Status.Code, ["error"] = e.Status.Message };
        }
    }

    private static JsonObject Applied(JsonObject request)
    {
        var kind = (string)request["kind"]!;
        var schema = kind == "X" ? SchemaParser.Parse(ApplyCases.CustomSchema, "").Schema : BuiltInSchemas.Get(Definitions[kind]);
        var apiVersion = kind == "X" ? "x.example.com/v1" : kind == "Deployment" ? "apps/v1" : "v1";
        var manager = new FieldManager(schema, apiVersion, kind, "", FieldSet.Empty, TimeProvider.System);
        JsonObject? live = null;
        var results = new JsonArray();
        foreach (var step in ((JsonArray)request["steps"]!).Cast<JsonObject>())
        {
            var obj = (JsonObject)JsonObjectReader.Read(Encoding.UTF8.GetBytes(step["obj"]!.ToJsonString())).Root!;
            obj.TryAdd("apiVersion", apiVersion);
            obj.TryAdd("kind", kind);
            try
            {
                if ((string)step["act"]! == "apply")
                {
                    live = manager.Apply(live, obj, (string)step["manager"]!, (bool)step["force"]!);
                }
                else
                {
                    manager.Update(live, obj, (string)step["manager"]!);
                    live = obj;
                }

                results.Add((JsonNode)new JsonObject { ["result"] = Timeless(live) });
            }
            catch (StatusException e)
            {
                results.Add((JsonNode)new JsonObject { ["code"] = e.Status.Code, ["error"] = e.Status.Message });
            }
        }

        return new JsonObject { ["steps"] = results };
    }

    private static JsonObject Timeless(JsonObject live)
    {
        var copy = (JsonObject)live.DeepClone();
        foreach (var entry in (copy["metadata"]?["managedFields"] as JsonArray ?? []).Cast<JsonObject>()) entry.Remove("time");
        return copy;
    }

    private static JsonObject Walked(JsonObject request)
    {
        var schema = SchemaParser.Parse((JsonObject)JsonNode.Parse(request["schema"]!.ToJsonString())!, "").Schema;
        var obj = (JsonObject)JsonObjectReader.Read(Encoding.UTF8.GetBytes(request["obj"]!.ToJsonString())).Root!;
        SchemaReport report;
        if (request["old"] is JsonObject before)
        {
            var old = (JsonObject)JsonObjectReader.Read(Encoding.UTF8.GetBytes(before.ToJsonString())).Root!;
            SchemaWalk.Run(schema, old, SchemaPasses.PruneAndDefault);
            report = SchemaWalk.RunUpdate(schema, obj, old, SchemaPasses.All);
        }
        else
        {
            report = SchemaWalk.Run(schema, obj, SchemaPasses.All);
        }

        return new JsonObject
        {
            ["result"] = obj,
            ["unknown"] = new JsonArray([.. report.UnknownFields.Order(StringComparer.Ordinal).Select(f => JsonValue.Create(f))]),
            ["errors"] = new JsonArray([.. report.Causes.Select(c => $"{c.Field}|{c.Message}").Order(StringComparer.Ordinal).Select(c => JsonValue.Create(c))]),
        };
    }
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.Machinery.History;

namespace Dovetail.Cli.History;

/// <summary>One line of history: who changed which field, when, from what to what. Without a field: the object as a whole was created or deleted.</summary>
internal sealed record HistoryLine(string Revision, string Time, string Operation, string Manager, string Object, string Field, JsonNode? Old, JsonNode? New)
{
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        foreach (var (name, value) in new[] { ("revision", Revision), ("time", Time), ("operation", Operation), ("manager", Manager), ("object", Object), ("field", Field) })
            if (value.Length > 0)
                json[name] = value;
        if (Old is not null) json["old"] = Old.DeepClone();
        if (New is not null) json["new"] = New.DeepClone();
        return json;
    }
}

/// <summary>Makes lines of an object's states. Values of Secrets are never told.</summary>
internal static class HistoryReport
{
    private static readonly JsonNode Hidden = JsonValue.Create("(hidden)");

    /// <param name="kind">The object's kind.</param>
    /// <param name="name">How the object is called in each line.</param>
    /// <param name="newestFirst">The items of an ObjectHistory.</param>
    /// <returns>Oldest first.</returns>
    public static ImmutableArray<HistoryLine> Of(string kind, string name, JsonArray newestFirst)
    {
        var lines = ImmutableArray.CreateBuilder<HistoryLine>();
        JsonObject? before = null;
        var oldest = true;
        foreach (var state in newestFirst.OfType<JsonObject>().Reverse())
        {
            var (obj, operation) = ((JsonObject)state["object"]!, state["operation"]!.ToString());
            var line = new HistoryLine(state["revision"]!.ToString(), state["time"]!.ToString(), operation, "", name, "", null, null);
            // Where history begins in the middle of an object's life there is nothing to compare the first state with.
            if (operation == "Created") lines.Add(line with { Manager = FieldManagement.Creator(obj)?.ToString() ?? "" });
            else if (operation == "Deleted") lines.Add(line);
            else if (oldest) lines.Add(line with { Operation = "Updated", Field = "(what was before is no longer kept)" });
            else
                foreach (var change in ObjectChanges.Between(before, obj))
                    lines.Add(Line(line with { Manager = FieldManagement.WhoChanged(change.Path, before, obj)?.ToString() ?? "" }, kind, change));
            before = operation == "Deleted" ? null : obj;
            oldest = false;
        }

        return lines.DrainToImmutable();
    }

    /// <summary>What differs between two states; null: the object was not there.</summary>
    public static ImmutableArray<HistoryLine> Between(string kind, string name, JsonObject? old, JsonObject? now)
    {
        var operation = (old, now) switch
        {
            (null, null) => "",
            (null, _) => "Created",
            (_, null) => "Deleted",
            _ when old["metadata"]?["uid"]?.ToString() != now["metadata"]?["uid"]?.ToString() => "Replaced",
            _ => "Updated",
        };
        var whole = new HistoryLine("", "", operation, "", name, "", null, null);
        if (operation.Length == 0) return [];
        if (operation != "Updated") return [whole];
        return [.. ObjectChanges.Between(old, now).Select(change => Line(whole with { Manager = FieldManagement.WhoChanged(change.Path, old, now)?.ToString() ?? "" }, kind, change))];
    }

    private static HistoryLine Line(HistoryLine line, string kind, FieldChange change)
    {
        var secret = kind == "Secret" && (change.Path.StartsWith("data") || change.Path.StartsWith("stringData") || change.Path.StartsWith("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"));
        return line with
        {
            Field = change.Path.ToString(),
            Old = change.Old is null ? null : secret ? Hidden : change.Old,
            New = change.New is null ? null : secret ? Hidden : change.New,
        };
    }
}

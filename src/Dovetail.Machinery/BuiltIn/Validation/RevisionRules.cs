using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Controller revisions: what they keep never changes.</summary>
internal static class RevisionRules
{
    public static void Check(FieldScope revision, JsonObject? old)
    {
        revision.NotNegative("revision");
        if (old is null)
        {
            if (!revision.Has("data"))
                revision.Required("data", "data is mandatory");
            else if (revision.Object["data"] is not JsonObject)
                revision.Required("data", "data must be a valid JSON object");
        }
        else if (!JsonNode.DeepEquals(revision.Object["data"], old["data"]))
            revision.Invalid("data", "field is immutable");
    }
}

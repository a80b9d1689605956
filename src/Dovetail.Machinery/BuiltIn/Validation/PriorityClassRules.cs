using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>scheduling.k8s.io (<c>pkg/apis/scheduling/validation</c>).</summary>
internal static class PriorityClassRules
{
    private const long HighestUserPriority = 1_000_000_000;
    private const string SystemPrefix = "system-";

    private static readonly Dictionary<string, long> SystemClasses = new(StringComparer.Ordinal) { ["system-node-critical"] = 2_000_001_000, ["system-cluster-critical"] = 2_000_000_000 };

    public static void Check(FieldScope priority, JsonObject? old)
    {
        if (old is not null)
        {
            if (!JsonNode.DeepEquals(priority.Object["value"], old["value"]))
                priority.Forbidden("value", "may not be changed in an update.");
            priority.Unchanged("preemptionPolicy", old["preemptionPolicy"]);
            return;
        }
        var name = priority.Part("metadata").Text("name");
        if (name.StartsWith(SystemPrefix, StringComparison.Ordinal))
        {
            if (NoSystemClass(name, priority) is { } why)
                priority.Forbidden("metadata.name", $"priority class names with '{SystemPrefix}' prefix are reserved for system use only. error: {why}");
        }
        else if (priority.Whole("value") > HighestUserPriority)
            priority.Forbidden("value", $"maximum allowed value of a user defined priority is {HighestUserPriority}");
        if (priority.Has("preemptionPolicy"))
            priority.OneOf("preemptionPolicy", "PreemptLowerPriority", "Never");
    }

    private static string? NoSystemClass(string name, FieldScope priority)
    {
        if (!SystemClasses.TryGetValue(name, out var value))
            return $"{name} is not a known system priority class";
        if (priority.Whole("value") != value)
            return $"value of {name} PriorityClass must be {value}";
        return priority.IsTrue("globalDefault") ? $"globalDefault of {name} PriorityClass must be false" : null;
    }
}

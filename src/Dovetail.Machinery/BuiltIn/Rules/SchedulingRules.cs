using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Rules;

/// <summary>What says where and before whom pods run: scheduling.k8s.io, node.k8s.io, coordination.k8s.io (<c>pkg/apis/*/validation</c>).</summary>
internal static class SchedulingRules
{
    private const long HighestUserPriority = 1_000_000_000;
    private const string SystemPrefix = "system-";

    private static readonly Dictionary<string, long> SystemClasses = new(StringComparer.Ordinal) { ["system-node-critical"] = 2_000_001_000, ["system-cluster-critical"] = 2_000_000_000 };

    public static void PriorityClass(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        if (old is not null)
        {
            if (!JsonNode.DeepEquals(obj["value"], old["value"]))
                causes.Add(FieldErrors.Forbidden("value", "may not be changed in an update."));
            causes.Unchanged("preemptionPolicy", obj["preemptionPolicy"], old["preemptionPolicy"]);
            return;
        }
        var name = obj.Child("metadata")?.Text("name") ?? "";
        if (name.StartsWith(SystemPrefix, StringComparison.Ordinal))
        {
            if (NoSystemClass(name, obj) is { } why)
                causes.Add(FieldErrors.Forbidden("metadata.name", $"priority class names with '{SystemPrefix}' prefix are reserved for system use only. error: {why}"));
        }
        else if (obj["value"].Whole() > HighestUserPriority)
            causes.Add(FieldErrors.Forbidden("value", $"maximum allowed value of a user defined priority is {HighestUserPriority}"));
        if (obj["preemptionPolicy"] is not null)
            causes.OneOf("preemptionPolicy", obj.Text("preemptionPolicy"), "PreemptLowerPriority", "Never");
    }

    public static void RuntimeClass(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        if (old is not null)
        {
            causes.Unchanged("handler", obj["handler"], old["handler"]);
            return;
        }
        causes.RequiredForm("handler", obj.Text("handler"), Names.DnsLabel);
        foreach (var (name, amount) in obj.Child("overhead")?.Child("podFixed") ?? [])
            Overhead(name, amount, causes);
        if (obj.Child("scheduling") is not { } scheduling)
            return;
        ObjectMetaValidation.CheckLabels(scheduling.Child("nodeSelector"), "scheduling.nodeSelector", causes);
        causes.Tolerations(scheduling, "scheduling.tolerations");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (toleration, at) in scheduling.Items("tolerations", "scheduling.tolerations"))
        {
            if (!seen.Add(string.Join('\n', toleration.Text("key"), toleration.Text("operator"), toleration.Text("value"), toleration.Text("effect"))))
                causes.Add(FieldErrors.Duplicate(at, GoStructs.Toleration(toleration)));
        }
    }

    public static void Lease(JsonObject obj, JsonObject? old, List<StatusCause> causes)
    {
        var spec = obj.Child("spec") ?? [];
        if (spec["leaseDurationSeconds"] is { } duration && duration.Whole() <= 0)
            causes.Add(FieldErrors.Invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"));
        causes.AtLeast("spec.leaseTransitions", spec["leaseTransitions"], 0);
    }

    private static string? NoSystemClass(string name, JsonObject obj)
    {
        if (!SystemClasses.TryGetValue(name, out var value))
            return $"{name} is not a known system priority class";
        if (obj["value"].Whole() != value)
            return $"value of {name} PriorityClass must be {value}";
        return obj.IsTrue("globalDefault") ? $"globalDefault of {name} PriorityClass must be false" : null;
    }

    private static void Overhead(string name, JsonNode? amount, List<StatusCause> causes)
    {
        var path = $"overhead.limits[{name}]";
        if (amount is JsonValue value && Quantity.TryParse(value.ToString(), out var quantity) && quantity.Sign < 0)
            causes.Add(FieldErrors.Invalid(path, quantity.ToString(), "must be greater than or equal to 0"));
        if (Names.QualifiedName(name) is { } wrong)
            causes.Add(FieldErrors.Invalid(path, name, wrong));
        else if (!name.Contains('/', StringComparison.Ordinal) && name is not ("cpu" or "memory" or "ephemeral-storage") && !name.StartsWith("hugepages-", StringComparison.Ordinal))
        {
            causes.Add(FieldErrors.Invalid(path, name, "must be a standard resource type or fully qualified"));
            causes.Add(FieldErrors.Invalid(path, name, "must be a standard resource for containers"));
        }
    }
}

using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>Gives a pod the priority of the class that it names, or of the default class; a pod cannot choose another.</summary>
internal sealed class PriorityPlugin(IRevisionStore store) : BuiltInPlugin("", "pods", AdmissionOperation.Create, AdmissionOperation.Update)
{
    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        var spec = Spec(obj);
        if (request.Operation == AdmissionOperation.Update)
        {
            // A client that knows neither field keeps both; validation refuses any other change.
            foreach (var field in new[] { "priority", "preemptionPolicy" })
                if (spec[field] is null && request.OldObject!.Child("spec")?[field] is { } kept)
                    spec[field] = kept.DeepClone();
            return null;
        }

        var name = spec.Text("priorityClassName");
        var found = name.Length > 0 ? PriorityClasses.Find(store, name) : PriorityClasses.Default(store) ?? PriorityClass.None;
        if (found is not { } chosen) return $"no PriorityClass with name {name} was found";
        if (spec.Number("priority") is { } asked && asked != chosen.Value)
            return $"the integer value of priority ({asked}) must not be provided in pod spec; priority admission controller computed {chosen.Value} from the given PriorityClass name";
        if (spec.Text("preemptionPolicy") is { Length: > 0 } policy && chosen.PreemptionPolicy.Length > 0 && policy != chosen.PreemptionPolicy)
            return $"the string value of PreemptionPolicy ({policy}) must not be provided in pod spec; priority admission controller computed {chosen.PreemptionPolicy} from the given PriorityClass name";
        if (chosen.Name.Length > 0) spec["priorityClassName"] = chosen.Name;
        spec["priority"] = ObjectMeta.Long(chosen.Value);
        if (chosen.PreemptionPolicy.Length > 0) spec["preemptionPolicy"] = chosen.PreemptionPolicy;
        return null;
    }
}

/// <summary>There is at most one default PriorityClass.</summary>
internal sealed class PriorityClassPlugin(IRevisionStore store) : BuiltInPlugin("scheduling.k8s.io", "priorityclasses", AdmissionOperation.Create, AdmissionOperation.Update)
{
    protected override string? Validate(JsonObject obj, AdmissionRequest request)
    {
        if (obj.Flag("globalDefault") != true || PriorityClasses.Default(store) is not { } present) return null;
        return request.Operation == AdmissionOperation.Create || present.Name != obj.Metadata().Text("name")
            ? $"PriorityClass {present.Name} is already marked as default. Only one default can exist"
            : null;
    }
}

/// <param name="Name">"" for no class.</param>
/// <param name="PreemptionPolicy">"" when the class has none.</param>
internal sealed record PriorityClass(string Name, long Value, string PreemptionPolicy)
{
    public static PriorityClass None { get; } = new("", 0, "PreemptLowerPriority");
}

/// <summary>The stored PriorityClasses.</summary>
internal static class PriorityClasses
{
    private const string Resource = "priorityclasses.scheduling.k8s.io";

    public static PriorityClass? Find(IRevisionStore store, string name) => store.Current.Find(new ObjectKey(Resource, "", name)) is { } stored ? Read(stored) : null;

    /// <summary>Two defaults can only come from a race; the lower value counts.</summary>
    public static PriorityClass? Default(IRevisionStore store) => store.Current.List(Resource)
        .Where(stored => StoredJson.Text(stored.Bytes, ["globalDefault"]) == "true")
        .Select(Read)
        .MinBy(found => found.Value);

    private static PriorityClass Read(StoredObject stored)
    {
        var obj = StoredJson.Tree(stored.Bytes);
        return new(stored.Key.Name, obj.Number("value") ?? 0, obj.Text("preemptionPolicy"));
    }
}

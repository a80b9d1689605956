using System.Collections.Frozen;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Registry;

/// <summary>A field that objects can be selected by, and where stored objects have it.</summary>
/// <param name="Paths">The first that is there and not empty counts.</param>
/// <param name="Absent">What it is when there is none.</param>
internal sealed record SelectableField(string[][] Paths, string Absent)
{
    public string Of(ReadOnlySpan<byte> stored)
    {
        foreach (var path in Paths)
        {
            if (StoredJson.Text(stored, path) is { Length: > 0 } value) return value;
        }

        return Absent;
    }
}

/// <summary>By which fields kinds can be selected, and what is said of others (upstream: the strategies' <c>ToSelectableFields</c> and <c>AddFieldLabelConversionFunc</c>).</summary>
internal static class FieldSelectors
{
    private const string Name = "metadata.name";
    private const string Namespace = "metadata.namespace";

    private static readonly FrozenDictionary<string, FrozenDictionary<string, SelectableField>> ByResource = new Dictionary<string, FrozenDictionary<string, SelectableField>>
    {
        ["pods"] = Fields(
            At("spec.nodeName"), At("spec.restartPolicy"), At("spec.schedulerName"), At("spec.serviceAccountName"), At("spec.hostNetwork", absent: "false"), At("status.phase"), At("status.podIP"),
            ("status.podIPs", new([], "")), At("status.nominatedNodeName")), // upstream takes podIPs and knows no value of it
        ["nodes"] = Fields(At("spec.unschedulable", absent: "false")),
        ["namespaces"] = Fields(At("status.phase")),
        ["secrets"] = Fields(At("type")),
        ["services"] = Fields(At("spec.clusterIP"), At("spec.type")),
        ["replicationcontrollers"] = Fields(At("status.replicas", absent: "0")),
        ["jobs.batch"] = Fields(Elsewhere("status.successful", "0", "status.succeeded")),
        ["certificatesigningrequests.certificates.k8s.io"] = Fields(At("spec.signerName")),
        ["resourceslices.resource.k8s.io"] = Fields(At("spec.nodeName"), At("spec.driver")),
        ["events"] = Fields([.. Event("involvedObject", "reportingComponent"), Elsewhere("source", "", "source.component", "deprecatedSource.component", "reportingComponent", "reportingController")]),
        ["events.events.k8s.io"] = Fields(Event("regarding", "reportingController")),
    }.ToFrozenDictionary();

    /// <summary>Kinds that are not asked for by namespace, since they are in none and say so.</summary>
    private static readonly FrozenSet<string> WithoutNamespace =
        new[] { "nodes", "namespaces", "certificatesigningrequests.certificates.k8s.io", "resourceslices.resource.k8s.io" }.ToFrozenSet();

    /// <summary>The names of a built-in kind's fields, beyond metadata.name and metadata.namespace.</summary>
    public static FrozenSet<string> BuiltIn(string group, string plural) =>
        ByResource.TryGetValue(Refusals.Qualified(plural, group), out var fields) ? fields.Keys.ToFrozenSet() : FrozenSet<string>.Empty;

    /// <summary>The field of this name.</summary>
    /// <exception cref="StatusException">400: the kind cannot be selected by it.</exception>
    public static SelectableField Find(ServedResource resource, string field)
    {
        var qualified = Refusals.Qualified(resource.Plural, resource.Group);
        if (field == Name || (field == Namespace && !WithoutNamespace.Contains(qualified))) return At(field).Field;
        if (resource.Custom && resource.SelectableFields.Contains(field)) return At(field).Field;
        if (ByResource.TryGetValue(qualified, out var fields) && fields.TryGetValue(field, out var found)) return found;
        throw Refusals.BadRequest(Unknown(resource, qualified, field));
    }

    private static string Unknown(ServedResource resource, string qualified, string field) => qualified switch
    {
        "jobs.batch" => $"field label \"{field}\" not supported for Job",
        "resourceslices.resource.k8s.io" => $"field label not supported for {resource.ApiVersion}, Kind={resource.Kind}: {field}",
        _ when resource.Custom || ByResource.ContainsKey(qualified) => $"field label not supported: {field}",
        _ => $"\"{field}\" is not a known field selector: only \"{Name}\", \"{Namespace}\"",
    };

    private static FrozenDictionary<string, SelectableField> Fields(params (string Name, SelectableField Field)[] fields) => fields.ToFrozenDictionary(f => f.Name, f => f.Field);

    private static (string Name, SelectableField Field) At(string name, string absent = "") => Elsewhere(name, absent, name);

    private static (string Name, SelectableField Field) Elsewhere(string name, string absent, params string[] paths) => (name, new([.. paths.Select(p => p.Split('.'))], absent));

    /// <summary>Both APIs of events show the same objects, which are stored as either wrote them.</summary>
    private static (string Name, SelectableField Field)[] Event(string subject, string reporter) =>
    [
        At("reason"),
        At("type"),
        Elsewhere(reporter, "", "reportingComponent", "reportingController"),
        .. new[] { "kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath" }.Select(f => Elsewhere($"{subject}.{f}", "", $"involvedObject.{f}", $"regarding.{f}")),
    ];
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.BuiltIn;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Crds;

/// <summary>What a CRD must look like beyond the schema of its kind (upstream: <c>apiextensions/validation</c>).</summary>
internal static class CrdValidation
{
    private const string ApprovalAnnotation = "api-approved.kubernetes.io";

    private static readonly ImmutableHashSet<string> BuiltInGroups = [.. BuiltInResources.All.Select(r => r.Group)];

    private const string ApprovalSee = "see https://github.com/kubernetes/enhancements/pull/1111";

    public static void Validate(JsonObject crd, JsonObject? old, bool celIsEnforced, List<StatusCause> causes)
    {
        if (crd.Child("spec") is not { } spec) return; // the kind's schema has said so
        var group = spec.Text("group");
        var names = spec.Child("names") ?? [];
        if (crd.Metadata().Text("name") is var name && name != $"{names.Text("plural")}.{group}")
            causes.Add(FieldErrors.Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
        Group(crd, group, causes);
        if (spec.Text("scope") is var scope && scope.Length == 0) causes.Add(FieldErrors.Required("spec.scope"));
        else if (scope is not ("Cluster" or "Namespaced")) causes.Add(FieldErrors.NotSupported("spec.scope", scope, ["Cluster", "Namespaced"]));
        Versions(spec, celIsEnforced, causes);
        NamesOf(names, causes);
        Conversion(spec.Child("conversion"), causes);
        if (spec.Flag("preserveUnknownFields") == true)
            causes.Add(FieldErrors.Invalid("spec.preserveUnknownFields", true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"));
        if (old?.Child("spec") is { } before) Unchanged(spec, before, causes);
    }

    private static void Group(JsonObject crd, string group, List<StatusCause> causes)
    {
        if (group.Length == 0)
        {
            causes.Add(FieldErrors.Required("spec.group"));
            return;
        }

        if (Machinery.Schemas.Names.DnsSubdomain(group) is { } wrong) causes.Add(FieldErrors.Invalid("spec.group", group, wrong));
        else if (!group.Contains('.', StringComparison.Ordinal))
            causes.Add(FieldErrors.Invalid("spec.group", group, "should be a domain with at least one dot"));
        if (BuiltInGroups.Contains(group)) causes.Add(FieldErrors.Forbidden("spec.group", "the group is built in"));
        var isProtected = group.EndsWith(".k8s.io", StringComparison.Ordinal) || group.EndsWith(".kubernetes.io", StringComparison.Ordinal);
        if (!isProtected) return;
        var approval = crd.Metadata().Child("annotations")?.Text(ApprovalAnnotation) ?? "";
        if (approval.Length == 0)
            causes.Add(FieldErrors.Required($"metadata.annotations[{ApprovalAnnotation}]", $"protected groups must have approval annotation \"{ApprovalAnnotation}\", {ApprovalSee}"));
        else if (!approval.StartsWith("unapproved", StringComparison.Ordinal) && !(Uri.TryCreate(approval, UriKind.Absolute, out var url) && url.Host.Length > 0))
            causes.Add(FieldErrors.Invalid($"metadata.annotations[{ApprovalAnnotation}]", approval, $"protected groups must have approval annotation \"{ApprovalAnnotation}\" with either a URL or a reason starting with \"unapproved\", {ApprovalSee}"));
    }

    private static void NamesOf(JsonObject names, List<StatusCause> causes)
    {
        foreach (var field in new[] { "plural", "singular", "kind", "listKind" })
        {
            var value = names.Text(field);
            var mixed = field is "kind" or "listKind";
            if (value.Length == 0) causes.Add(FieldErrors.Required($"spec.names.{field}"));
            else if (Machinery.Schemas.Names.Dns1035Label(mixed ? value.ToLowerInvariant() : value) is { } wrong)
                causes.Add(FieldErrors.Invalid($"spec.names.{field}", value, mixed ? $"may have mixed case, but should otherwise match: {wrong}" : wrong));
        }

        foreach (var field in new[] { "shortNames", "categories" })
        {
            foreach (var (index, value) in names.Strings(field).Index())
                if (Machinery.Schemas.Names.Dns1035Label(value) is { } wrong) causes.Add(FieldErrors.Invalid($"spec.names.{field}[{index}]", value, wrong));
        }

        if (names.Text("kind").Length > 0 && names.Text("kind") == names.Text("listKind"))
            causes.Add(FieldErrors.Invalid("spec.names.listKind", names.Text("listKind"), "kind and listKind may not be the same"));
    }

    /// <summary>Conversion by webhook is not there; a CRD that asks for it would be served with the wrong shapes.</summary>
    private static void Conversion(JsonObject? conversion, List<StatusCause> causes)
    {
        if (conversion?.Text("strategy") is { Length: > 0 } strategy and not "None")
            causes.Add(FieldErrors.NotSupported("spec.conversion.strategy", strategy, ["None"]));
        else if (conversion?["webhook"] is not null)
            causes.Add(FieldErrors.Forbidden("spec.conversion.webhook", "should not be set when strategy is not set to Webhook"));
    }

    private static void Versions(JsonObject spec, bool celIsEnforced, List<StatusCause> causes)
    {
        var versions = (spec["versions"] as JsonArray ?? []).OfType<JsonObject>().ToArray();
        var seen = new HashSet<string>();
        var doubled = false;
        for (var i = 0; i < versions.Length; i++)
        {
            var (version, path) = (versions[i], $"spec.versions[{i}]");
            var name = version.Text("name");
            if (Machinery.Schemas.Names.Dns1035Label(name) is { } wrong) causes.Add(FieldErrors.Invalid($"{path}.name", name, wrong));
            doubled |= !seen.Add(name);
            if (version["deprecationWarning"] is not null && version.Flag("deprecated") != true)
                causes.Add(FieldErrors.Invalid($"{path}.deprecationWarning", version["deprecationWarning"], "can only be set for deprecated versions"));
            // What all versions share is judged once; upstream keeps it at the top of its internal type, and says so.
            if (Shared(versions, "schema") is var sameSchema && (!sameSchema || i == 0 || version["schema"] is null))
                Schema(version, path, sameSchema && version["schema"] is not null ? "spec.validation.openAPIV3Schema" : $"{path}.schema.openAPIV3Schema", celIsEnforced, causes);
            CrdParts.Check(version, Shared(versions, "subresources") ? "spec" : path, Shared(versions, "additionalPrinterColumns") ? "spec" : path, Shared(versions, "selectableFields") ? "spec" : path, i, causes);
        }

        if (doubled) causes.Add(FieldErrors.Invalid("spec.versions", spec["versions"], "must contain unique version names"));
        if (versions.Count(v => v.Flag("storage") == true) != 1) causes.Add(FieldErrors.Invalid("spec.versions", spec["versions"], "must have exactly one version marked as storage version"));
    }

    private static bool Shared(JsonObject[] versions, string field) => versions.All(v => JsonNode.DeepEquals(v[field], versions[0][field]));

    private static void Schema(JsonObject version, string versionPath, string path, bool celIsEnforced, List<StatusCause> causes)
    {
        if (version.Child("schema")?.Child("openAPIV3Schema") is not { } schema)
        {
            causes.Add(FieldErrors.Required($"{versionPath}.schema.openAPIV3Schema"));
            return;
        }

        var parsed = SchemaParser.Parse(schema, path);
        causes.AddRange(parsed.Problems);
        if (celIsEnforced) return;
        causes.AddRange(parsed.CelRulePaths.Select(p => FieldErrors.Forbidden(p, "CEL rules are not evaluated by this server; a schema that relies on them would be accepted without them")));
    }

    private static void Unchanged(JsonObject spec, JsonObject before, List<StatusCause> causes)
    {
        foreach (var field in new[] { "group", "scope" })
        {
            if (spec.Text(field) != before.Text(field)) causes.Add(FieldErrors.Invalid($"spec.{field}", spec.Text(field), "field is immutable"));
        }

        foreach (var field in new[] { "plural", "kind" })
        {
            var value = spec.Child("names")?.Text(field) ?? "";
            if (value != (before.Child("names")?.Text(field) ?? "")) causes.Add(FieldErrors.Invalid($"spec.names.{field}", value, "field is immutable"));
        }
    }
}

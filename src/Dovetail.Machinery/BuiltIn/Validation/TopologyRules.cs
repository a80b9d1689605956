using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>How pods spread over zones and nodes.</summary>
internal static class TopologyRules
{
    public static void CheckSpread(FieldScope spec)
    {
        var constraints = spec.Each("topologySpreadConstraints").ToArray();
        for (var i = 0; i < constraints.Length; i++)
        {
            var constraint = constraints[i];
            if (constraint.Number("maxSkew") is null or <= 0)
                constraint.Invalid("maxSkew", constraint.Number("maxSkew") ?? 0, "must be greater than zero");
            if (constraint.Text("topologyKey").Length == 0)
                constraint.Required("topologyKey", "can not be empty");
            constraint.OneOf("whenUnsatisfiable", "DoNotSchedule", "ScheduleAnyway");
            if (constraints.Skip(i + 1).Any(other => other.Text("topologyKey") == constraint.Text("topologyKey") && other.Text("whenUnsatisfiable") == constraint.Text("whenUnsatisfiable")))
                constraint.Causes.Add(FieldErrors.Duplicate(constraint.At("{topologyKey, whenUnsatisfiable}"), $"{{{constraint.Text("topologyKey")}, {constraint.Text("whenUnsatisfiable")}}}"));
            if (constraint.Number("minDomains") <= 0)
                constraint.Invalid("minDomains", "must be greater than zero");
            if (constraint.Has("minDomains") && constraint.Text("whenUnsatisfiable") != "DoNotSchedule")
                constraint.Invalid("minDomains", $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {constraint.Text("whenUnsatisfiable")}");
            foreach (var field in (ReadOnlySpan<string>)["nodeAffinityPolicy", "nodeTaintsPolicy"])
            {
                if (constraint.Has(field))
                    constraint.OneOf(field, "Honor", "Ignore");
            }
            CheckLabelKeys(constraint, "matchLabelKeys");
            if (constraint.Child("labelSelector") is { } selector)
                SelectorRules.Check(selector);
        }
    }

    /// <summary>Keys whose values are taken from the pod; they make sense beside a selector only.</summary>
    public static void CheckLabelKeys(FieldScope holder, string field)
    {
        if (holder.Count(field) == 0)
            return;
        if (!holder.Has("labelSelector"))
            holder.Forbidden(field, "must not be specified when labelSelector is not set");
        foreach (var (key, path) in holder.Texts(field))
        {
            foreach (var wrong in Names.QualifiedName(key))
                holder.Causes.Add(FieldErrors.Invalid(path, key, wrong));
        }
    }
}

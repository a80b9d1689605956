using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Match conditions of webhooks and admission policies, without the compilation of their expressions.</summary>
internal static class MatchConditionRules
{
    private const int Max = 64;

    public static void Check(FieldScope holder)
    {
        if (holder.Count("matchConditions") > Max)
            holder.TooMany("matchConditions", holder.Count("matchConditions"), Max);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var condition in holder.Each("matchConditions"))
        {
            if (condition.Text("expression").Trim().Length == 0)
                condition.Required("expression");
            if (condition.Text("name").Length == 0)
            {
                condition.Required("name");
                continue;
            }
            condition.Name("name", Names.QualifiedName);
            if (!names.Add(condition.Text("name")))
                condition.Duplicate("name", condition.Text("name"));
        }
    }
}

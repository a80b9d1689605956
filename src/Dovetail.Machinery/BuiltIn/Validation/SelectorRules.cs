using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Label selectors (<c>metav1.LabelSelector</c>).</summary>
internal static class SelectorRules
{
    public static void Check(FieldScope selector)
    {
        selector.Labels("matchLabels");
        foreach (var requirement in selector.Each("matchExpressions"))
        {
            AffinityRules.CheckOperator(requirement);
            requirement.Name("key", Names.QualifiedName);
            AffinityRules.CheckValues(requirement, Names.LabelValue);
        }
    }

    /// <summary>Whether it selects everything.</summary>
    public static bool IsEmpty(FieldScope selector) => selector.Object.Child("matchLabels") is not { Count: > 0 } && selector.Count("matchExpressions") == 0;
}

using System.Text.Json.Nodes;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Namespaces: what keeps them while they end (<c>ValidateNamespace</c>).</summary>
internal static class NamespaceRules
{
    public static void Check(FieldScope ns, JsonObject? old)
    {
        var spec = ns.Part("spec");
        foreach (var finalizer in old is null ? spec.Values("finalizers") : [])
        {
            foreach (var wrong in Names.QualifiedName(finalizer))
                spec.Invalid("finalizers", finalizer, wrong);
            if (!finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not ("kubernetes" or "orphan" or "foregroundDeletion"))
                spec.Invalid("finalizers", finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}

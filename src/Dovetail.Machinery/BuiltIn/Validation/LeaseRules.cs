using System.Text.Json.Nodes;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>coordination.k8s.io (<c>pkg/apis/coordination/validation</c>).</summary>
internal static class LeaseRules
{
    public static void Check(FieldScope lease, JsonObject? old)
    {
        var spec = lease.Part("spec");
        spec.Positive("leaseDurationSeconds");
        spec.NotNegative("leaseTransitions");
    }
}

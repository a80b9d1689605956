using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>admissionregistration.k8s.io/v1</c>.</summary>
internal static class AdmissionRegistrationResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Row("MutatingAdmissionPolicy", "mutatingadmissionpolicies"),
        Row("MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings"),
        Row("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
        Row("ValidatingAdmissionPolicy", "validatingadmissionpolicies") with { Subresources = [Status("ValidatingAdmissionPolicy")] },
        Row("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings"),
        Row("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
    ];

    private static BuiltInResource Row(string kind, string plural) =>
        Cluster("admissionregistration.k8s.io/v1", kind, plural) with { Categories = ["api-extensions"], TracksGeneration = true, NeedsRevision = true };
}

using System.Collections.Immutable;
using static Dovetail.Machinery.BuiltIn.Resources.ResourceRow;

namespace Dovetail.Machinery.BuiltIn.Resources;

/// <summary><c>certificates.k8s.io/v1</c>.</summary>
internal static class CertificatesResources
{
    public static ImmutableArray<BuiltInResource> All { get; } =
    [
        Cluster("certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests") with
        {
            ShortNames = ["csr"],
            Subresources = [Same("approval", "CertificateSigningRequest"), Status("CertificateSigningRequest")],
            Enforced = true,
        },
    ];
}

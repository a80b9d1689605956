using System.Text.Json;
using Dovetail.Api;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Simulation.Tests.World;

/// <summary>
/// The CRDs of KubeVirt's kinds with names and subresources as the real ones, but without their schemas: thousands of runs would spend most of their time on
/// reading those, and what the schemas do has tests of its own.
/// </summary>
public static class PlatformCrds
{
    public static async Task InstallAsync(IKubeApi api, CancellationToken ct)
    {
        foreach (var type in new[] { ApiTypes.VirtualMachines, ApiTypes.VirtualMachineInstances })
            await api.CreateAsync(BuiltInTypes.CustomResourceDefinitions, Render(type), ct);
    }

    private static V1CustomResourceDefinition Render(ApiType type)
    {
        using var status = JsonDocument.Parse("{}");
        return new V1CustomResourceDefinition
        {
            Metadata = new V1ObjectMeta { Name = type.CrdName },
            Spec = new V1CustomResourceDefinitionSpec
            {
                Group = type.Group,
                Scope = type.Namespaced ? "Namespaced" : "Cluster",
                Names = new V1CustomResourceDefinitionNames { Kind = type.Kind, ListKind = $"{type.Kind}List", Plural = type.Plural, Singular = type.Singular },
                Versions =
                [
                    new V1CustomResourceDefinitionVersion
                    {
                        Name = type.Versions[0],
                        Served = true,
                        Storage = true,
                        Schema = new V1CustomResourceValidation { OpenAPIV3Schema = new V1JSONSchemaProps { Type = "object", XKubernetesPreserveUnknownFields = true } },
                        Subresources = type.StatusSubresource ? new V1CustomResourceSubresources { Status = status.RootElement.Clone() } : null,
                    },
                ],
            },
        };
    }
}

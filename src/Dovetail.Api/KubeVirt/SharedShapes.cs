using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>What the conditions of all KubeVirt kinds have in common.</summary>
public interface ICondition
{
    string? Type { get; set; }

    /// <summary>True, False or Unknown.</summary>
    string? Status { get; set; }

    string? Reason { get; set; }

    string? Message { get; set; }

    DateTime? LastProbeTime { get; set; }

    DateTime? LastTransitionTime { get; set; }
}

/// <summary>What both cloud-init sources have in common: user data and network data, each from one of three places.</summary>
public interface ICloudInitSource
{
    string? UserData { get; set; }

    string? UserDataBase64 { get; set; }

    V1LocalObjectReference? SecretRef { get; set; }

    string? NetworkData { get; set; }

    string? NetworkDataBase64 { get; set; }

    V1LocalObjectReference? NetworkDataSecretRef { get; set; }
}

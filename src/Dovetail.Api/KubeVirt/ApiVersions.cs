namespace Dovetail.Api.KubeVirt;

/// <summary>Group and versions of the kinds in this folder.</summary>
public static class ApiVersions
{
    public const string Group = "kubevirt.io";

    /// <summary>The version that is stored and that our components speak.</summary>
    public const string V1 = "v1";

    /// <summary>Served for old manifests; the same schema, with a deprecation warning.</summary>
    public const string V1Alpha3 = "v1alpha3";

    /// <summary>apiVersion of objects of <see cref="V1"/>.</summary>
    public const string KubeVirt = Group + "/" + V1;
}

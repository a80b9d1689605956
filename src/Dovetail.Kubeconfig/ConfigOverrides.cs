namespace Dovetail.Kubeconfig;

/// <summary>What a caller's flags say against the kubeconfig; null where a flag was not given. The names are those of kubectl's global flags.</summary>
public sealed record ConfigOverrides
{
    /// <summary>The one file to read, instead of those that <c>KUBECONFIG</c> or the home folder name.</summary>
    public string? Kubeconfig { get; init; }

    public string? Context { get; init; }

    public string? Cluster { get; init; }

    public string? User { get; init; }

    public string? Server { get; init; }

    public string? Namespace { get; init; }

    public string? Token { get; init; }

    /// <summary>Path of a PEM file.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>Path of a PEM file.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>Path of a PEM file.</summary>
    public string? ClientKey { get; init; }

    public bool? InsecureSkipTlsVerify { get; init; }

    public string? TlsServerName { get; init; }

    public string? As { get; init; }

    public IReadOnlyList<string> AsGroup { get; init; } = [];
}

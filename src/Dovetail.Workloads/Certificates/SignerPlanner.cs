using System.Collections.Immutable;

namespace Dovetail.Workloads.Certificates;

/// <summary>What each of Kubernetes' own signers certifies (<c>pkg/controller/certificates/signer</c>).</summary>
public static class SignerPlanner
{
    public const string Client = "kubernetes.io/kube-apiserver-client";
    public const string KubeletClient = "kubernetes.io/kube-apiserver-client-kubelet";
    public const string KubeletServing = "kubernetes.io/kubelet-serving";
    public const string LegacyUnknown = "kubernetes.io/legacy-unknown";

    private const int Email = 1;
    private const int Dns = 2;
    private const int Uri = 6;
    private const int Ip = 7;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(10);

    public static bool IsOurs(string signer) => signer is Client or KubeletClient or KubeletServing or LegacyUnknown;

    /// <summary>Why a signer does not certify a request; null when it does.</summary>
    public static string? Problem(string signer, SigningRequestFacts facts, ImmutableArray<string> usages) => signer switch
    {
        Client => ClientProblem(usages),
        KubeletClient => KubeletClientProblem(facts, usages),
        KubeletServing => KubeletServingProblem(facts, usages),
        _ => null,
    };

    /// <summary>A year, or what was asked for within ten minutes and a year.</summary>
    public static TimeSpan Lifetime(long? askedSeconds)
    {
        if (askedSeconds is not { } seconds || TimeSpan.FromSeconds(seconds) > Longest) return Longest;
        return TimeSpan.FromSeconds(seconds) < Shortest ? Shortest : TimeSpan.FromSeconds(seconds);
    }

    private static string? ClientProblem(ImmutableArray<string> usages)
    {
        if (usages.FirstOrDefault(u => u is not ("digital signature" or "key encipherment" or "client auth")) is { } other) return $"invalid usage for client certificate: {other}";
        return usages.Contains("client auth") ? null : "missing required usage for client certificate: client auth";
    }

    private static string? KubeletClientProblem(SigningRequestFacts facts, ImmutableArray<string> usages)
    {
        if (facts.Organizations is not ["system:nodes"]) return "subject organization is not system:nodes";
        if (facts.AlternativeKinds.Contains(Dns)) return "DNS subjectAltNames are not allowed";
        if (facts.AlternativeKinds.Contains(Email)) return "Email subjectAltNames are not allowed";
        if (facts.AlternativeKinds.Contains(Ip)) return "IP subjectAltNames are not allowed";
        if (facts.AlternativeKinds.Contains(Uri)) return "URI subjectAltNames are not allowed";
        if (!facts.CommonName.StartsWith("system:node:", StringComparison.Ordinal)) return "subject common name does not begin with system:node:";
        return Are(usages, "client auth", "digital signature") ? null : "usages did not match [client auth digital signature key encipherment]";
    }

    private static string? KubeletServingProblem(SigningRequestFacts facts, ImmutableArray<string> usages)
    {
        if (facts.Organizations is not ["system:nodes"]) return "subject organization is not system:nodes";
        if (!facts.AlternativeKinds.Contains(Dns) && !facts.AlternativeKinds.Contains(Ip)) return "DNS or IP subjectAltName is required";
        if (facts.AlternativeKinds.Contains(Email)) return "Email subjectAltNames are not allowed";
        if (facts.AlternativeKinds.Contains(Uri)) return "URI subjectAltNames are not allowed";
        if (!Are(usages, "digital signature", "server auth")) return "usages did not match [digital signature key encipherment server auth]";
        return facts.CommonName.StartsWith("system:node:", StringComparison.Ordinal) ? null : "subject common name does not begin with system:node:";
    }

    /// <summary>Keys that are not RSA encipher nothing, so that usage may be left out.</summary>
    private static bool Are(ImmutableArray<string> usages, params string[] wanted) => usages.Where(u => u != "key encipherment").ToHashSet(StringComparer.Ordinal).SetEquals(wanted);
}

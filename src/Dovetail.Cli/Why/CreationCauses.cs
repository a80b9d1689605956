namespace Dovetail.Cli.Why;

/// <summary>Why the API server refused to make an object, by its words: they are Kubernetes' own and do not change.</summary>
internal static class CreationCauses
{
    /// <param name="about">Whose object it is.</param>
    /// <param name="what">What could not be made.</param>
    /// <param name="said">The server's words.</param>
    public static Cause Refused(string about, string what, string said, WhyFacts f)
    {
        if (said.Contains("exceeded quota", StringComparison.Ordinal)) return Cause.Blocked(about, "ExceededQuota", $"{what} would exceed the namespace's quota. {said}", $"kubectl -n {f.Namespace} describe resourcequota; stop something there, ask for less, or have the quota raised");
        if (said.Contains("is being terminated", StringComparison.Ordinal)) return Cause.Blocked(about, "NamespaceTerminating", $"{what} cannot be made, because the namespace {f.Namespace} is being deleted.", "use another namespace");
        if (said.Contains("serviceaccount", StringComparison.OrdinalIgnoreCase) && said.Contains("not found", StringComparison.Ordinal)) return Cause.Blocked(about, "ServiceAccountNotFound", $"{what} needs a service account that does not exist. {said}", $"kubectl -n {f.Namespace} get serviceaccounts; create the one that is named");
        if (said.Contains("violates PodSecurity", StringComparison.Ordinal)) return Cause.Blocked(about, "PodSecurity", $"the namespace's Pod Security level refuses {what}. {said}", $"kubectl label namespace {f.Namespace} pod-security.kubernetes.io/enforce=privileged --overwrite, or have virtual machines in another namespace");
        if (said.Contains("admission webhook", StringComparison.Ordinal)) return Cause.Blocked(about, "AdmissionRefused", $"an admission rule refuses {what}. {said}", "change what it names, or ask whoever owns that webhook");
        if (said.Contains("priority class", StringComparison.OrdinalIgnoreCase) || said.Contains("PriorityClass", StringComparison.Ordinal)) return Cause.Blocked(about, "PriorityClassNotFound", $"{what} needs a priority class that does not exist. {said}", "kubectl get priorityclasses; name one of them");
        if (said.Contains("forbidden", StringComparison.Ordinal)) return Cause.Blocked(about, "Forbidden", $"{what} was refused. {said}", "change what the message names; it is tried again by itself");
        return Cause.Blocked(about, "FailedCreate", $"{what} could not be made. {said}", "change what the message names; it is tried again by itself");
    }
}

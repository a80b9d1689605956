using System.Buffers;
using System.Text.RegularExpressions;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>What pods of Windows and of Linux may not ask for, and the options that only Windows has (<c>pkg/apis/core/validation</c>).</summary>
internal static partial class WindowsRules
{
    private const string NotOnWindows = "cannot be set for a windows pod";
    private const int MaxCredentialSpec = 64 * 1024;
    private const int MaxDomain = 256;
    private const int MaxUser = 104;

    private static readonly SearchValues<char> NotInUserNames = SearchValues.Create("\"/\\:;|=,+*?<>@[]");

    private static readonly string[] OfContainers =
    [
        "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
    ];

    public static void CheckLinux(FieldScope spec)
    {
        foreach (var holder in Containers(spec).Prepend(spec))
        {
            if (holder.Child("securityContext") is { } security && security.Has("windowsOptions"))
                security.Forbidden("windowsOptions", "windows options cannot be set for a linux pod");
        }
    }

    public static void CheckWindows(FieldScope spec)
    {
        var security = spec.Part("securityContext");
        Forbid(security, "appArmorProfile", "seLinuxOptions");
        Forbid(spec, "hostUsers");
        foreach (var field in (ReadOnlySpan<string>)["hostPID", "hostIPC"])
        {
            if (spec.IsTrue(field))
                spec.Forbidden(field, NotOnWindows);
        }
        Forbid(security, "seccompProfile", "fsGroup", "fsGroupChangePolicy");
        if (security.Count("sysctls") > 0)
            security.Forbidden("sysctls", NotOnWindows);
        Forbid(spec, "shareProcessNamespace");
        Forbid(security, "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy");
        foreach (var container in Containers(spec))
            Forbid(container.Part("securityContext"), OfContainers);
    }

    /// <summary>Containers that are processes of the host: all of a pod's or none.</summary>
    public static void CheckHostProcess(FieldScope spec)
    {
        var ofPod = Flag(spec);
        var (all, host) = (0, 0);
        foreach (var container in Containers(spec))
        {
            all++;
            var own = Flag(container);
            if (ofPod is { } pod && own is { } single && pod != single)
                container.Invalid("securityContext.windowsOptions.hostProcess", single, $"pod hostProcess value must be identical if both are specified, was {(pod ? "true" : "false")}");
            if (own ?? ofPod ?? false)
                host++;
        }
        if (host == 0)
            return;
        if (host != all)
            spec.Invalid("", "", "If pod contains any hostProcess containers then all containers must be HostProcess containers");
        if (!spec.IsTrue("hostNetwork"))
            spec.Invalid("hostNetwork", false, "hostNetwork must be true if pod contains any hostProcess containers");
    }

    /// <summary>The options themselves.</summary>
    public static void CheckOptions(FieldScope security)
    {
        if (security.Child("windowsOptions") is not { } options)
            return;
        if (options.Has("gmsaCredentialSpecName"))
            options.Name("gmsaCredentialSpecName", Names.DnsSubdomain);
        if (options.Has("gmsaCredentialSpec"))
            options.Name("gmsaCredentialSpec", static spec => spec.Length == 0 ? "gmsaCredentialSpec cannot be an empty string" : spec.Length > MaxCredentialSpec ? "gmsaCredentialSpec size must be under 64 KiB" : null);
        if (options.Has("runAsUserName"))
            options.Name("runAsUserName", UserName);
    }

    private static IEnumerable<string> UserName(string name)
    {
        var parts = name.Split('\\');
        if (name.Length == 0)
            yield return "runAsUserName cannot be an empty string";
        else if (name.Any(char.IsControl))
            yield return "runAsUserName cannot contain control characters";
        else if (parts.Length > 2)
            yield return "runAsUserName cannot contain more than one backslash";
        else
        {
            var (domain, user) = (parts.Length == 2 ? parts[0] : null, parts[^1]);
            if (domain?.Length >= MaxDomain)
                yield return $"runAsUserName's Domain length must be under {MaxDomain} characters";
            if (domain is not null && !NetBios().IsMatch(domain) && !DomainName().IsMatch(domain))
                yield return "runAsUserName's Domain doesn't match the NetBios nor the DNS format";
            if (user.Length == 0)
                yield return "runAsUserName's User cannot be empty";
            else if (user.Length > MaxUser)
                yield return $"runAsUserName's User length must not be longer than {MaxUser} characters";
            if (user.All(static c => c is '.' or ' ') && user.Length > 0)
                yield return "runAsUserName's User cannot contain only periods or spaces";
            if (user.AsSpan().ContainsAny(NotInUserNames))
                yield return "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]";
        }
    }

    private static bool? Flag(FieldScope holder)
    {
        var options = holder.Part("securityContext").Part("windowsOptions");
        return options.Has("hostProcess") ? options.IsTrue("hostProcess") : null;
    }

    private static IEnumerable<FieldScope> Containers(FieldScope spec) => spec.Each("initContainers").Concat(spec.Each("containers")).Concat(spec.Each("ephemeralContainers"));

    private static void Forbid(FieldScope scope, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            if (scope.Has(field))
                scope.Forbidden(field, NotOnWindows);
        }
    }

    [GeneratedRegex("""\A[^\\/:\*\?"<>\|\.][^\\/:\*\?"<>\|]{0,14}\z""")]
    private static partial Regex NetBios();

    [GeneratedRegex(@"\A(?i)[a-z0-9]+([-]*[a-z0-9]+)*(\.[a-z0-9]+([-]*[a-z0-9]+)*)*\z")]
    private static partial Regex DomainName();
}

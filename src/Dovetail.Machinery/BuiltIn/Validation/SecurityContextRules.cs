using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Security contexts of pods and containers.</summary>
internal static partial class SecurityContextRules
{
    public static void CheckPod(FieldScope spec)
    {
        if (spec.Object["hostUsers"] is JsonValue && !spec.IsTrue("hostUsers"))
        {
            foreach (var (field, shown) in (ReadOnlySpan<(string, string)>)[("hostPID", "HostPID"), ("hostIPC", "HostIPC")])
            {
                if (spec.IsTrue(field))
                    spec.Forbidden(shown, "when `hostUsers` is false");
            }
        }
        if (spec.Child("securityContext") is not { } security)
            return;
        foreach (var field in (ReadOnlySpan<string>)["fsGroup", "runAsUser", "runAsGroup"])
            security.Id(field);
        var groups = security.Object["supplementalGroups"] as JsonArray ?? [];
        for (var i = 0; i < groups.Count; i++)
        {
            if (groups[i] is JsonValue group && JsonNumber.Of(group).Value is < 0 or > int.MaxValue)
                security.Causes.Add(FieldErrors.Invalid($"{security.At("supplementalGroups")}[{i}]", groups[i], "must be between 0 and 2147483647, inclusive"));
        }
        if (spec.IsTrue("shareProcessNamespace") && spec.IsTrue("hostPID"))
            security.Invalid("shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled");
        CheckSysctls(spec, security);
        if (security.Has("fsGroupChangePolicy"))
            security.OneOf("fsGroupChangePolicy", "Always", "OnRootMismatch");
        CheckProfiles(security);
        if (security.Has("supplementalGroupsPolicy"))
            security.OneOf("supplementalGroupsPolicy", "Merge", "Strict");
        if (security.Has("seLinuxChangePolicy"))
            security.OneOf("seLinuxChangePolicy", "MountOption", "Recursive");
        WindowsRules.CheckOptions(security);
    }

    public static void CheckContainer(FieldScope security, bool hostUsers)
    {
        security.Id("runAsUser");
        security.Id("runAsGroup");
        if (security.Has("procMount"))
        {
            security.OneOf("procMount", "Default", "Unmasked");
            if (hostUsers && security.Text("procMount") == "Unmasked")
                security.Invalid("procMount", "`hostUsers` must be false to use `Unmasked`");
        }
        if (security.Child("seccompProfile") is { } seccomp)
            CheckProfile(seccomp, "seccompProfile");
        if (security.Object["allowPrivilegeEscalation"] is JsonValue && !security.IsTrue("allowPrivilegeEscalation"))
        {
            if (security.IsTrue("privileged"))
                security.Causes.Add(FieldErrors.Invalid(security.Path, Internal(security.Object), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
            if (security.Child("capabilities") is { } capabilities && capabilities.Texts("add").Any(static c => c.Text == "CAP_SYS_ADMIN"))
                security.Causes.Add(FieldErrors.Invalid(security.Path, Internal(security.Object), "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"));
        }
        WindowsRules.CheckOptions(security);
        if (security.Child("appArmorProfile") is { } armor)
            CheckProfile(armor, "appArmorProfile");
    }

    /// <summary>Upstream shows its internal type, whose fields have Go's names and are all there.</summary>
    private static JsonObject Internal(JsonObject security)
    {
        var shown = new JsonObject();
        foreach (var name in (ReadOnlySpan<string>)["Capabilities", "Privileged", "SELinuxOptions", "WindowsOptions", "RunAsUser", "RunAsGroup", "RunAsNonRoot", "ReadOnlyRootFilesystem", "AllowPrivilegeEscalation", "ProcMount", "SeccompProfile", "AppArmorProfile"])
        {
            var field = name == "SELinuxOptions" ? "seLinuxOptions" : char.ToLowerInvariant(name[0]) + name[1..];
            shown[name] = name == "Capabilities" && security.Child(field) is { } capabilities
                ? new JsonObject { ["Add"] = capabilities["add"]?.DeepClone(), ["Drop"] = capabilities["drop"]?.DeepClone() }
                : security[field]?.DeepClone();
        }
        return shown;
    }

    private static void CheckProfiles(FieldScope security)
    {
        foreach (var kind in (ReadOnlySpan<string>)["seccompProfile", "appArmorProfile"])
        {
            if (security.Child(kind) is { } profile)
                CheckProfile(profile, kind);
        }
    }

    private static void CheckProfile(FieldScope profile, string kind)
    {
        var armor = kind == "appArmorProfile";
        if (profile.Text("type").Length == 0)
            profile.Required("type", $"type is required when {kind} is set");
        else
            profile.OneOf("type", "Localhost", "RuntimeDefault", "Unconfined");
        var local = profile.Text("type") == "Localhost";
        if (local && !profile.Has("localhostProfile"))
            profile.Required("localhostProfile", armor ? "must be set when AppArmor type is Localhost" : "must be set when seccomp type is Localhost");
        else if (local && !armor)
        {
            if (profile.Text("localhostProfile").StartsWith('/'))
                profile.Invalid("localhostProfile", "must be a relative path");
            profile.Name("localhostProfile", VolumeRules.Backsteps);
        }
        else if (!local && profile.Has("localhostProfile"))
            profile.Invalid("localhostProfile", armor ? "can only be set when AppArmor type is Localhost" : "can only be set when seccomp type is Localhost");
    }

    private static void CheckSysctls(FieldScope spec, FieldScope security)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var sysctl in security.Each("sysctls"))
        {
            var name = sysctl.Text("name");
            if (name.Length == 0)
                sysctl.Required("name");
            else if (name.Length > 253 || !SysctlForm().IsMatch(name))
                sysctl.Invalid("name", "must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
            else if (!names.Add(name))
                sysctl.Causes.Add(FieldErrors.Duplicate(sysctl.At("name"), name));
        }
    }

    [GeneratedRegex(@"\A([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex SysctlForm();
}

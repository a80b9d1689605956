using Dovetail.Machinery.Quantities;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Requests and limits, and the names of resources.</summary>
internal static class ResourceRules
{
    private const string HugePages = "hugepages-";

    private static readonly string[] OfContainers = ["cpu", "memory", "ephemeral-storage"];

    private static readonly string[] Counted =
    [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    ];

    private static readonly string[] OfQuotas =
    [
        "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", .. Counted,
    ];

    private static readonly string[] Standard = [.. OfQuotas, "storage"];

    public static void CheckContainer(FieldScope spec, FieldScope resources)
    {
        Check(resources, WrongContainerName);
        var claims = spec.Object.Objects("resourceClaims").Select(static c => c.Text("name")).Distinct().Order(StringComparer.Ordinal).ToArray();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var claim in resources.Each("claims"))
        {
            var name = claim.Text("name");
            if (name.Length == 0)
                resources.Causes.Add(FieldErrors.Required(claim.Path));
            else if (!seen.Add($"{name}/{claim.Text("request")}"))
                resources.Causes.Add(FieldErrors.Duplicate(claim.Path, name));
            if (name.Length == 0 || claims.Contains(name))
                continue;
            var cause = FieldErrors.NotFound(claim.Path, name);
            resources.Causes.Add(cause with { Message = $"{cause.Message}: must be one of the names in pod.spec.resourceClaims{(claims.Length == 0 ? " which is empty" : ": " + string.Join(", ", claims))}" });
        }
    }

    /// <summary>A list of limits of containers on its own.</summary>
    public static void CheckLimits(FieldScope limits)
    {
        foreach (var (name, _) in limits.Object)
            CheckOne(limits, name, WrongContainerName);
    }

    /// <summary>Resources of the whole pod.</summary>
    public static void CheckPod(FieldScope spec, FieldScope resources)
    {
        if (resources.Has("claims"))
            resources.Forbidden("claims", "claims may not be set for Resources at pod-level");
        Check(resources, static name => WrongName(name).DefaultIfEmpty(name is "cpu" or "memory" || name.StartsWith(HugePages, StringComparison.Ordinal) ? null : "")!);
    }

    /// <summary>What is wrong with the name of any resource; null when nothing is.</summary>
    public static string? ResourceName(string name) =>
        Names.QualifiedName(name).FirstOrDefault() ?? (name.Contains('/') || Standard.Contains(name) || name.StartsWith(HugePages, StringComparison.Ordinal) || name.StartsWith("requests." + HugePages, StringComparison.Ordinal)
            ? null : "must be a standard resource type or fully qualified");

    public static IEnumerable<string> WrongName(string name) => ResourceName(name) is { } wrong ? [wrong] : [];

    /// <summary>A plain name can break two rules at once.</summary>
    public static IEnumerable<string> WrongQuotaName(string name)
    {
        foreach (var wrong in WrongName(name))
            yield return wrong;
        if (!name.Contains('/') && !OfQuotas.Contains(name) && !name.StartsWith(HugePages, StringComparison.Ordinal) && !name.StartsWith("requests." + HugePages, StringComparison.Ordinal))
            yield return "must be a standard resource for quota";
    }

    public static IEnumerable<string> WrongContainerName(string name)
    {
        foreach (var wrong in WrongName(name))
            yield return wrong;
        if (!name.Contains('/') ? !OfContainers.Contains(name) && !name.StartsWith(HugePages, StringComparison.Ordinal) : !IsNative(name) && !IsExtended(name))
            yield return name.Contains('/') ? "doesn't follow extended resource name standard" : "must be a standard resource for containers";
    }

    /// <summary>A quantity is not negative, and whole where things are counted.</summary>
    public static void CheckAmount(FieldScope amounts, string name)
    {
        if (amounts.Amount(name) is not { } amount)
            return;
        var path = $"{amounts.Path}[{name}]";
        if (amount.Sign < 0)
            amounts.Causes.Add(FieldErrors.Invalid(path, amount.ToString(), FieldScope.NotNegativeText));
        if (IsCounted(name) && amount.ToMilli() % 1000 != 0)
            amounts.Causes.Add(FieldErrors.Invalid(path, amount.ToString(), "must be an integer"));
    }

    private static bool IsCounted(string name) => Counted.Contains(name) || IsExtended(name);

    private static bool IsNative(string name) => !name.Contains('/') || name.Contains("kubernetes.io/", StringComparison.Ordinal);

    public static bool IsExtended(string name) => !IsNative(name) && !name.StartsWith("requests.", StringComparison.Ordinal) && !Names.QualifiedName($"requests.{name}").Any();

    private static void Check(FieldScope resources, Func<string, IEnumerable<string?>> rule)
    {
        var (limits, requests) = (resources.Child("limits"), resources.Child("requests"));
        foreach (var (name, _) in limits?.Object ?? [])
            CheckOne(limits!.Value, name, rule);
        foreach (var (name, _) in requests?.Object ?? [])
        {
            CheckOne(requests!.Value, name, rule);
            if (requests.Value.Amount(name) is { } request)
                CheckAgainstLimit(resources, limits, name, request);
        }
        var names = (limits?.Object ?? []).Concat(requests?.Object ?? []).Select(static p => p.Key).ToArray();
        if (names.Any(static n => n.StartsWith(HugePages, StringComparison.Ordinal)) && !names.Contains("cpu") && !names.Contains("memory"))
            resources.Causes.Add(FieldErrors.Forbidden(resources.Path, "HugePages require cpu or memory"));
    }

    private static void CheckOne(FieldScope amounts, string name, Func<string, IEnumerable<string?>> rule)
    {
        var path = $"{amounts.Path}[{name}]";
        foreach (var broken in rule(name))
        {
            if (broken is not null)
                amounts.Causes.Add(broken.Length == 0 ? FieldErrors.NotSupported(path, name, ["cpu", HugePages, "memory"]) : FieldErrors.Invalid(path, name, broken));
        }
        CheckAmount(amounts, name);
    }

    private static void CheckAgainstLimit(FieldScope resources, FieldScope? limits, string name, Quantity request)
    {
        var overcommit = IsNative(name) && !name.StartsWith(HugePages, StringComparison.Ordinal);
        if (limits?.Amount(name) is not { } limit)
        {
            if (!overcommit)
                resources.Required("limits", "Limit must be set for non overcommitable resources");
        }
        else if (!overcommit && request != limit)
            resources.Invalid("requests", request.ToString(), $"must be equal to {name} limit of {limit}");
        else if (request > limit)
            resources.Invalid("requests", request.ToString(), $"must be less than or equal to {name} limit of {limit}");
    }
}

using Dovetail.Machinery.BuiltIn.Validation;

namespace Dovetail.Machinery.BuiltIn.Warnings;

/// <summary>Quotas that allow more requests than limits (<c>pkg/registry/core/resourcequota/strategy.go</c>).</summary>
internal static class QuotaWarnings
{
    public static void ResourceQuota(FieldScope quota, ICollection<string> warnings)
    {
        var hard = quota.Part("spec").Part("hard");
        foreach (var name in (ReadOnlySpan<string>)["cpu", "memory", "ephemeral-storage"])
        {
            var request = hard.Has($"requests.{name}") || name == "ephemeral-storage" ? $"requests.{name}" : name;
            if (hard.Amount(request) is { } asked && hard.Amount($"limits.{name}") is { } limit && asked > limit)
                warnings.Add($"ResourceQuota {request} ({asked}) should be less than limits.{name} ({limit})");
        }
    }
}

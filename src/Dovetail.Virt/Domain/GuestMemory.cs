using Dovetail.Api.KubeVirt;

namespace Dovetail.Virt.Domain;

/// <summary>How much memory a guest sees.</summary>
public static class GuestMemory
{
    /// <summary><c>memory.guest</c>, else the memory that is requested of the node, else its limit; in bytes.</summary>
    /// <exception cref="ArgumentException">None of them is given; admission refuses that.</exception>
    public static long Bytes(DomainSpec domain)
    {
        var asked = domain.Memory?.Guest
            ?? (domain.Resources?.Requests?.TryGetValue("memory", out var request) == true ? request : null)
            ?? (domain.Resources?.Limits?.TryGetValue("memory", out var limit) == true ? limit : null)
            ?? throw new ArgumentException("the VMI says nowhere how much memory its guest has");
        return asked.ToInt64();
    }
}

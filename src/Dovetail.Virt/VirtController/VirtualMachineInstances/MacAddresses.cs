using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Seam;

namespace Dovetail.Virt.VirtController.VirtualMachineInstances;

/// <summary>
/// Guests that were given the same hardware address. Behind masquerade each guest is alone on its link, so both work; whoever identifies machines by the address (inventories, licences,
/// cloud-init by MAC) takes them for one, so it is told and not refused.
/// </summary>
public static class MacAddresses
{
    /// <summary>What to tell the user of a VMI about its addresses, one sentence for each that another living VMI has too.</summary>
    public static IEnumerable<string> Shared(VirtualMachineInstance vmi, IEnumerable<VirtualMachineInstance> all)
    {
        var own = Of(vmi).ToList();
        if (own.Count == 0) yield break;
        var others = all.Where(other => other.Metadata.Uid != vmi.Metadata.Uid && !VmiPhases.IsFinal(other.Status?.Phase)).SelectMany(other => Of(other).Select(nic => (nic.Mac, Vmi: NamespacedName.Of(other))))
            .OrderBy(other => other.Vmi.ToString(), StringComparer.Ordinal).ToLookup(other => other.Mac, other => other.Vmi);
        foreach (var (name, mac) in own)
        {
            if (others[mac].Any())
                yield return $"the interface {name} has the MAC address {mac}, which {string.Join(", ", others[mac])} has too; both work behind masquerade, but give one of them another macAddress (or none, then one is made) if they are told apart by it";
        }
    }

    private static IEnumerable<(string Name, string Mac)> Of(VirtualMachineInstance vmi) =>
        (vmi.Spec?.Domain?.Devices?.Interfaces ?? []).Where(nic => nic.MacAddress is { Length: > 0 }).Select(nic => (nic.Name ?? "", nic.MacAddress!.Replace('-', ':').ToLowerInvariant()));
}

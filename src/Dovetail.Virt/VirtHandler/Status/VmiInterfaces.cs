using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Virt.Domain;
using Dovetail.Virt.VirtHandler.Network;

namespace Dovetail.Virt.VirtHandler.Status;

/// <summary><c>status.interfaces</c>: those of the spec in its order, then those that only the guest knows of.</summary>
internal static class VmiInterfaces
{
    public static IList<VirtualMachineInstanceNetworkInterface>? Of(VmiFacts facts, DomainStatus guest)
    {
        var told = guest.AgentConnected ? (guest.Guest?.Interfaces ?? []).Where(i => i.Name != "lo").ToList() : [];
        var all = new List<VirtualMachineInstanceNetworkInterface>();
        foreach (var nic in facts.Vmi.Spec!.Domain!.Devices?.Interfaces ?? [])
        {
            var mac = GuestIdentity.Mac(facts.Vmi, nic);
            var inGuest = told.Find(i => string.Equals(i.Mac, mac, StringComparison.OrdinalIgnoreCase));
            if (inGuest is not null) told.Remove(inGuest);

            // Behind masquerade the guest's own address means nothing outside: the pod's is where it is reached.
            var addresses = facts.PodAddresses.Select(a => a.ToString()).ToList();
            all.Add(new()
            {
                Name = nic.Name, Mac = mac, IpAddress = addresses.Count > 0 ? addresses[0] : null, IpAddresses = addresses.Count > 0 ? addresses : null,
                InterfaceName = inGuest?.Name, InfoSource = inGuest is null ? "domain" : "domain, guest-agent", PodInterfaceName = MasqueradeNetwork.PodInterface, QueueCount = 1, LinkState = "up",
            });
        }

        all.AddRange(told.Select(i => new VirtualMachineInstanceNetworkInterface
        {
            InterfaceName = i.Name, Mac = i.Mac, IpAddress = i.Addresses.IsEmpty ? null : i.Addresses[0], IpAddresses = i.Addresses.IsEmpty ? null : [.. i.Addresses], InfoSource = "guest-agent",
        }));
        return all.Count == 0 ? null : all;
    }
}

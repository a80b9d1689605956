using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.VirtualMachineInstances;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class MacAddressesTests
{
    private static readonly VirtualMachineInstance Own = With("web", "02:11:22:33:44:5f");

    [Fact]
    public void An_address_that_another_guest_has_is_told_with_its_owner_however_it_is_written()
    {
        var told = MacAddresses.Shared(Own, [Own, With("twin", "02-11-22-33-44-5F"), With("other", "02:11:22:33:44:60"), With("plain", null)]).ShouldHaveSingleItem();
        told.ShouldStartWith("the interface default has the MAC address 02:11:22:33:44:5f, which demo/twin has too");
    }

    [Fact]
    public void A_guest_that_has_ended_has_no_address() =>
        MacAddresses.Shared(Own, [Own, With("twin", "02:11:22:33:44:5f", VmiPhases.Succeeded)]).ShouldBeEmpty();

    private static VirtualMachineInstance With(string name, string? mac, string phase = VmiPhases.Running) => Make.Vmi(phase, change: vmi =>
    {
        (vmi.Metadata.Name, vmi.Metadata.Uid) = (name, name);
        vmi.Spec = new() { Domain = new() { Devices = new() { Interfaces = [new() { Name = "default", MacAddress = mac }] } } };
    });
}

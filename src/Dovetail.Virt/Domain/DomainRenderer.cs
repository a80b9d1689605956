using System.Globalization;
using System.Xml.Linq;
using Dovetail.Api.KubeVirt;
using Dovetail.Virt.Domain.Devices;

namespace Dovetail.Virt.Domain;

/// <summary>What every configurator of a part of the domain is given.</summary>
internal sealed record DomainInput(VirtualMachineInstance Vmi, DomainFacts Facts)
{
    public VirtualMachineInstanceSpec Spec => Vmi.Spec!;

    public DomainSpec Domain => Vmi.Spec!.Domain!;

    public Api.KubeVirt.Devices Devices => Vmi.Spec!.Domain!.Devices ?? new();

    public CpuTopology Cpus => CpuTopology.Of(Domain.Cpu);

    public bool UsesEfi => Domain.Firmware?.Bootloader?.Efi is not null;

    public bool SecureBoot => Domain.Firmware?.Bootloader?.Efi is { SecureBoot: not false };
}

/// <summary>Virtual CPUs; what is not given counts one.</summary>
internal readonly record struct CpuTopology(int Sockets, int Cores, int Threads)
{
    public int Count => Sockets * Cores * Threads;

    public static CpuTopology Of(CPU? cpu) => new(OneOrMore(cpu?.Sockets), OneOrMore(cpu?.Cores), OneOrMore(cpu?.Threads));

    private static int OneOrMore(uint? value) => value is > 0 ? (int)value.Value : 1;
}

/// <summary>
/// Renders a VMI as libvirt's domain XML (https://libvirt.org/formatdomain.html). A pure function of the spec and the facts: one configurator a part, in the order in which libvirt itself
/// writes them. It relies on admission having refused what <see cref="SupportedFields"/> does not list.
/// </summary>
public static class DomainRenderer
{
    private static readonly XNamespace KubeVirt = "http://kubevirt.io";

    public static string Render(VirtualMachineInstance vmi, DomainFacts facts)
    {
        var input = new DomainInput(vmi, facts);
        return new XElement("domain",
            new XAttribute("type", facts.UseKvm ? "kvm" : "qemu"),
            new XElement("name", GuestIdentity.DomainName(vmi)),
            new XElement("uuid", GuestIdentity.FirmwareUuid(vmi)),
            Metadata(vmi),
            new XElement("memory", new XAttribute("unit", "b"), GuestMemory.Bytes(input.Domain).ToString(CultureInfo.InvariantCulture)),
            new XElement("vcpu", new XAttribute("placement", "static"), input.Cpus.Count),
            SystemInfo.Render(input),
            OperatingSystem.Render(input),
            MachineFeatures.Render(input),
            Processor.Render(input),
            ClockAndTimers.Render(input),
            new XElement("on_poweroff", "destroy"), new XElement("on_reboot", "restart"), new XElement("on_crash", "destroy"),
            new XElement("devices",
                new XElement("emulator", "/usr/bin/qemu-system-x86_64"),
                Disks.Render(input),
                Controllers.Render(input),
                Interfaces.Render(input),
                SerialConsole.Render(input),
                AgentChannel.Render(),
                Inputs.Render(input),
                Graphics.Render(input),
                WatchdogDevice.Render(input),
                MemoryBalloon.Render(input),
                RandomNumbers.Render(input))).ToString();
    }

    /// <summary>KubeVirt's own mark in the XML, so that a domain can be traced to its VMI.</summary>
    private static XElement Metadata(VirtualMachineInstance vmi) => new("metadata",
        new XElement(KubeVirt + "kubevirt", new XAttribute(XNamespace.Xmlns + "kubevirt", KubeVirt), new XElement(KubeVirt + "uid", vmi.Metadata.Uid)));
}

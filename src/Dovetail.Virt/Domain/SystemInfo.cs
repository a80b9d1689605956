using System.Xml.Linq;

namespace Dovetail.Virt.Domain;

/// <summary>SMBIOS tables: what the guest reads as its manufacturer, serial and UUID.</summary>
internal static class SystemInfo
{
    public static XElement Render(DomainInput input)
    {
        var chassis = input.Domain.Chassis;
        var sysinfo = new XElement("sysinfo", new XAttribute("type", "smbios"),
            new XElement("system",
                Entry("manufacturer", "KubeVirt"), Entry("product", "None"), Entry("family", "KubeVirt"),
                Entry("uuid", GuestIdentity.FirmwareUuid(input.Vmi)), Entry("serial", input.Domain.Firmware?.Serial)));
        if (chassis is not null)
        {
            sysinfo.Add(new XElement("chassis",
                Entry("manufacturer", chassis.Manufacturer), Entry("version", chassis.Version), Entry("serial", chassis.Serial), Entry("asset", chassis.Asset), Entry("sku", chassis.Sku)));
        }

        return sysinfo;
    }

    private static XElement? Entry(string name, string? value) => string.IsNullOrEmpty(value) ? null : new("entry", new XAttribute("name", name), value);
}

using System.Xml.Linq;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.Domain;

/// <summary>Machine type and firmware: SeaBIOS, or OVMF in the layout of Debian's package (4M images; <c>.ms</c> variables hold Microsoft's keys).</summary>
internal static class OperatingSystem
{
    public static XElement Render(DomainInput input)
    {
        var os = new XElement("os",
            new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", Machine(input)), "hvm"));
        if (input.UsesEfi)
        {
            os.Add(
                new XElement("loader", new XAttribute("readonly", "yes"), new XAttribute("secure", input.SecureBoot ? "yes" : "no"), new XAttribute("type", "pflash"), Code(input)),
                new XElement("nvram", SandboxLayout.Nvram(input.Vmi.Metadata.Name)));
        }

        if (input.Domain.Firmware?.Bootloader?.Bios?.UseSerial == true) os.Add(new XElement("bios", new XAttribute("useserial", "yes")));
        os.Add(new XElement("smbios", new XAttribute("mode", "sysinfo")));
        return os;
    }

    /// <summary>The template that the guest's private UEFI variables are copied from.</summary>
    public static string VariablesTemplate(DomainInput input) => $"{input.Facts.FirmwareFolder}/{(input.SecureBoot ? "OVMF_VARS_4M.ms.fd" : "OVMF_VARS_4M.fd")}";

    private static string Machine(DomainInput input) => input.Domain.Machine?.Type is { Length: > 0 } type ? type : input.Facts.DefaultMachine;

    private static string Code(DomainInput input) => $"{input.Facts.FirmwareFolder}/{(input.SecureBoot ? "OVMF_CODE_4M.secboot.fd" : "OVMF_CODE_4M.fd")}";
}

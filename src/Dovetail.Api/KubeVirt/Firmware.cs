using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

/// <summary>Firmware and identity of the machine.</summary>
public sealed class Firmware
{
    public ACPI? Acpi { get; set; }

    /// <summary>BIOS or EFI; BIOS when neither is given.</summary>
    public Bootloader? Bootloader { get; set; }

    public KernelBoot? KernelBoot { get; set; }

    /// <summary>System serial number that the guest reads from its firmware.</summary>
    public string? Serial { get; set; }

    /// <summary>UUID that the guest reads from its firmware; made once and kept when absent.</summary>
    public string? Uuid { get; set; }
}

/// <summary>BIOS or EFI; BIOS when neither is given.</summary>
public sealed class Bootloader
{
    /// <summary>Boot with a BIOS.</summary>
    public BIOS? Bios { get; set; }

    /// <summary>Boot with UEFI.</summary>
    public EFI? Efi { get; set; }
}

public sealed class BIOS
{
    /// <summary>Send the BIOS's messages to the serial console.</summary>
    public bool? UseSerial { get; set; }
}

public sealed class EFI
{
    /// <summary>Keep UEFI variables over restarts.</summary>
    public bool? Persistent { get; set; }

    /// <summary>Only signed code boots; true when absent.</summary>
    public bool? SecureBoot { get; set; }
}

public sealed class KernelBoot
{
    public KernelBootContainer? Container { get; set; }
    public string? KernelArgs { get; set; }
}

public sealed class KernelBootContainer
{
    [Required] public string? Image { get; set; }
    public string? ImagePullPolicy { get; set; }
    public string? ImagePullSecret { get; set; }
    public string? InitrdPath { get; set; }
    public string? KernelPath { get; set; }
}

public sealed class ACPI
{
    public string? MsdmNameRef { get; set; }
    public string? SlicNameRef { get; set; }
}

public sealed class LaunchSecurity
{
    public SEV? Sev { get; set; }
    public SEVSNP? Snp { get; set; }
    public TDX? Tdx { get; set; }
}

public sealed class SEV
{
    public SEVAttestation? Attestation { get; set; }
    public string? DhCert { get; set; }
    public SEVPolicy? Policy { get; set; }
    public string? Session { get; set; }
}

public sealed class SEVAttestation;

public sealed class SEVPolicy
{
    public bool? EncryptedState { get; set; }
}

public sealed class SEVSNP;

public sealed class TDX;

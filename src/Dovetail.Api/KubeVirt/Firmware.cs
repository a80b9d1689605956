using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

public sealed class Firmware
{
    public ACPI? Acpi { get; set; }
    public Bootloader? Bootloader { get; set; }
    public KernelBoot? KernelBoot { get; set; }
    public string? Serial { get; set; }
    public string? Uuid { get; set; }
}

public sealed class Bootloader
{
    public BIOS? Bios { get; set; }
    public EFI? Efi { get; set; }
}

public sealed class BIOS
{
    public bool? UseSerial { get; set; }
}

public sealed class EFI
{
    public bool? Persistent { get; set; }
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

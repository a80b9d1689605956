using System.Text.Json.Serialization;
using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

public sealed class Network
{
    [Required] public string? Name { get; set; }
    public MultusNetwork? Multus { get; set; }
    public PodNetwork? Pod { get; set; }
    public ClaimRequest? ResourceClaim { get; set; }
}

public sealed class PodNetwork
{
    public string? VmIPv6NetworkCIDR { get; set; }
    public string? VmNetworkCIDR { get; set; }
}

public sealed class MultusNetwork
{
    public bool? Default { get; set; }
    [Required] public string? NetworkName { get; set; }
}

public sealed class Interface
{
    [Required] public string? Name { get; set; }
    public int? AcpiIndex { get; set; }
    public PluginBinding? Binding { get; set; }
    public int? BootOrder { get; set; }
    public InterfaceBridge? Bridge { get; set; }
    public DHCPOptions? DhcpOptions { get; set; }
    public string? MacAddress { get; set; }
    public DeprecatedInterfaceMacvtap? Macvtap { get; set; }
    public InterfaceMasquerade? Masquerade { get; set; }
    public string? Model { get; set; }
    public DeprecatedInterfacePasst? Passt { get; set; }
    public InterfacePasstBinding? PasstBinding { get; set; }
    public string? PciAddress { get; set; }
    public IList<PortRange>? PortRanges { get; set; }
    public IList<Port>? Ports { get; set; }
    public DeprecatedInterfaceSlirp? Slirp { get; set; }
    public InterfaceSRIOV? Sriov { get; set; }
    public string? State { get; set; }
    public string? Tag { get; set; }
}

public sealed class InterfaceBindingMigration
{
    public string? Method { get; set; }
}

public sealed class InterfaceBindingPlugin
{
    public ResourceRequirementsWithoutClaims? ComputeResourceOverhead { get; set; }
    public string? DomainAttachmentType { get; set; }
    public string? DownwardAPI { get; set; }
    public InterfaceBindingMigration? Migration { get; set; }
    public string? NetworkAttachmentDefinition { get; set; }
    public string? SidecarImage { get; set; }
}

public sealed class InterfaceBridge;

public sealed class InterfaceMasquerade;

public sealed class InterfacePasstBinding;

public sealed class InterfaceSRIOV;

public sealed class DeprecatedInterfaceMacvtap;

public sealed class DeprecatedInterfacePasst;

public sealed class DeprecatedInterfaceSlirp;

public sealed class Port
{
    public string? Name { get; set; }
    [Required, JsonPropertyName("port")] public int? PortValue { get; set; }
    public string? Protocol { get; set; }
}

public sealed class PortRange
{
    [Required] public int? End { get; set; }
    [Required] public string? Protocol { get; set; }
    [Required] public int? Start { get; set; }
}

public sealed class PluginBinding
{
    [Required] public string? Name { get; set; }
}

public sealed class DHCPOptions
{
    public string? BootFileName { get; set; }
    public IList<string>? NtpServers { get; set; }
    public IList<DHCPPrivateOptions>? PrivateOptions { get; set; }
    public string? TftpServerName { get; set; }
}

public sealed class DHCPPrivateOptions
{
    [Required] public int? Option { get; set; }
    [Required] public string? Value { get; set; }
}

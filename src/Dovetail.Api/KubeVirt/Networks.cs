using System.Text.Json.Serialization;
using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

/// <summary>A network that interfaces can be plugged into; exactly one source.</summary>
public sealed class Network
{
    /// <summary>Name that interfaces refer to.</summary>
    [Required] public string? Name { get; set; }

    public MultusNetwork? Multus { get; set; }

    /// <summary>The network that pods are on.</summary>
    public PodNetwork? Pod { get; set; }

    public ClaimRequest? ResourceClaim { get; set; }
}

public sealed class PodNetwork
{
    public string? VmIPv6NetworkCIDR { get; set; }

    /// <summary>IPv4 network between guest and pod; 10.0.2.0/24 when absent.</summary>
    public string? VmNetworkCIDR { get; set; }
}

public sealed class MultusNetwork
{
    public bool? Default { get; set; }
    [Required] public string? NetworkName { get; set; }
}

/// <summary>A network interface of the guest; the network of the same name is what it is plugged into. Exactly one binding.</summary>
public sealed class Interface
{
    /// <summary>Name of the network.</summary>
    [Required] public string? Name { get; set; }

    public long? AcpiIndex { get; set; }
    public PluginBinding? Binding { get; set; }

    /// <summary>Place in the boot order, from 1.</summary>
    public long? BootOrder { get; set; }

    /// <summary>The guest takes the pod's address over.</summary>
    public InterfaceBridge? Bridge { get; set; }

    public DHCPOptions? DhcpOptions { get; set; }

    /// <summary>MAC address; made once and kept when absent.</summary>
    public string? MacAddress { get; set; }

    public DeprecatedInterfaceMacvtap? Macvtap { get; set; }

    /// <summary>The guest has a private address behind the pod's address.</summary>
    public InterfaceMasquerade? Masquerade { get; set; }

    /// <summary>virtio, e1000, e1000e, ne2k_pci, pcnet or rtl8139; virtio when absent.</summary>
    public string? Model { get; set; }

    public DeprecatedInterfacePasst? Passt { get; set; }
    public InterfacePasstBinding? PasstBinding { get; set; }
    public string? PciAddress { get; set; }
    public IList<PortRange>? PortRanges { get; set; }

    /// <summary>Ports of the guest that are reachable from outside; all when absent.</summary>
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

/// <summary>A port of the guest that is reachable through the masquerade binding.</summary>
public sealed class Port
{
    /// <summary>Name of the port.</summary>
    public string? Name { get; set; }

    /// <summary>Number, 1 to 65535.</summary>
    [Required, JsonPropertyName("port")] public int? Number { get; set; }

    /// <summary>TCP or UDP; TCP when absent.</summary>
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
    [Required] public long? Option { get; set; }
    [Required] public string? Value { get; set; }
}

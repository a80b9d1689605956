using Dovetail.Api.Schemas;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class ArchConfiguration
{
    public ArchSpecificConfiguration? Amd64 { get; set; }
    public ArchSpecificConfiguration? Arm64 { get; set; }
    public string? DefaultArchitecture { get; set; }
    public ArchSpecificConfiguration? Ppc64le { get; set; }
    public ArchSpecificConfiguration? S390x { get; set; }
}

public sealed class ArchSpecificConfiguration
{
    public IList<string>? EmulatedMachines { get; set; }
    public string? MachineType { get; set; }
    public string? OvmfPath { get; set; }
}

public sealed class ChangedBlockTrackingSelectors
{
    public V1LabelSelector? NamespaceLabelSelector { get; set; }
    public V1LabelSelector? VirtualMachineLabelSelector { get; set; }
}

public sealed class CommonInstancetypesDeployment
{
    [AcceptsNull] public bool? Enabled { get; set; }
}

public sealed class ConfidentialComputeConfiguration
{
    [AcceptsNull] public TDXConfiguration? Tdx { get; set; }
}

public sealed class CustomProfile
{
    public string? LocalhostProfile { get; set; }
    public bool? RuntimeDefaultProfile { get; set; }
}

public sealed class DeveloperConfiguration
{
    public bool? ClusterProfiler { get; set; }
    public long? CpuAllocationRatio { get; set; }
    public IList<string>? DisabledFeatureGates { get; set; }
    public DiskVerification? DiskVerification { get; set; }
    public IList<string>? FeatureGates { get; set; }
    public LogVerbosity? LogVerbosity { get; set; }
    [Bounds(10)] public long? MemoryOvercommit { get; set; }
    public long? MinimumClusterTSCFrequency { get; set; }
    public long? MinimumReservePVCBytes { get; set; }
    public IDictionary<string, string>? NodeSelectors { get; set; }
    public long? PvcTolerateLessSpaceUpToPercent { get; set; }
    public bool? UseEmulation { get; set; }
}

public sealed class DisableFreePageReporting;

public sealed class DisableSerialConsoleLog;

public sealed class DiskVerification
{
    [Required] public ResourceQuantity? MemoryLimit { get; set; }
}

public sealed class HypervisorConfiguration
{
    [OneOf("kvm", "hyperv-direct")] public string? Name { get; set; }
}

public sealed class InstancetypeConfiguration
{
    [OneOf("reference", "expand", "expandAll"), AcceptsNull] public string? ReferencePolicy { get; set; }
}

public sealed class KSMConfiguration
{
    public V1LabelSelector? NodeLabelSelector { get; set; }
}

public sealed class KubeVirtConfiguration
{
    public string? AdditionalGuestMemoryOverheadRatio { get; set; }
    public ReloadableComponentConfiguration? ApiConfiguration { get; set; }
    public ArchConfiguration? ArchitectureConfiguration { get; set; }
    public V1LabelSelector? AutoCPULimitNamespaceLabelSelector { get; set; }
    [AcceptsNull] public ChangedBlockTrackingSelectors? ChangedBlockTrackingLabelSelectors { get; set; }
    [AcceptsNull] public CommonInstancetypesDeployment? CommonInstancetypesDeployment { get; set; }
    [AcceptsNull] public ConfidentialComputeConfiguration? ConfidentialCompute { get; set; }
    public ReloadableComponentConfiguration? ControllerConfiguration { get; set; }
    public string? CpuModel { get; set; }
    public ResourceQuantity? CpuRequest { get; set; }
    public string? DefaultRuntimeClass { get; set; }
    public DeveloperConfiguration? DeveloperConfiguration { get; set; }
    public IList<string>? EmulatedMachines { get; set; }
    public string? EvictionStrategy { get; set; }
    public ReloadableComponentConfiguration? HandlerConfiguration { get; set; }
    [MaxItems(1)] public IList<HypervisorConfiguration>? Hypervisors { get; set; }
    public string? ImagePullPolicy { get; set; }
    [AcceptsNull] public InstancetypeConfiguration? Instancetype { get; set; }
    public KSMConfiguration? KsmConfiguration { get; set; }
    public LiveUpdateConfiguration? LiveUpdateConfiguration { get; set; }
    public string? MachineType { get; set; }
    public MediatedDevicesConfiguration? MediatedDevicesConfiguration { get; set; }
    public uint? MemBalloonStatsPeriod { get; set; }
    public MigrationConfiguration? Migrations { get; set; }
    public string? MinCPUModel { get; set; }
    public NetworkConfiguration? Network { get; set; }
    public IDictionary<string, bool>? ObsoleteCPUModels { get; set; }
    public string? OvmfPath { get; set; }
    public PermittedHostDevices? PermittedHostDevices { get; set; }
    [AcceptsNull] public PersistentReservationConfiguration? PersistentReservationConfiguration { get; set; }
    [OneOf("AggregateToDefault", "Manual")] public string? RoleAggregationStrategy { get; set; }
    public SeccompConfiguration? SeccompConfiguration { get; set; }
    public string? SelinuxLauncherType { get; set; }
    public SMBiosConfiguration? Smbios { get; set; }
    [ListMap("type")] public IList<SupportContainerResources>? SupportContainerResources { get; set; }
    public IList<string>? SupportedGuestAgentVersions { get; set; }
    public TLSConfiguration? TlsConfiguration { get; set; }
    [AcceptsNull] public VirtTemplateDeployment? VirtTemplateDeployment { get; set; }
    public long? VirtualMachineInstancesPerNode { get; set; }
    public VirtualMachineOptions? VirtualMachineOptions { get; set; }
    [OneOf("Stage", "LiveUpdate"), AcceptsNull] public string? VmRolloutStrategy { get; set; }
    public string? VmStateStorageClass { get; set; }
    public ReloadableComponentConfiguration? WebhookConfiguration { get; set; }
}

public sealed class LiveUpdateConfiguration
{
    public uint? MaxCpuSockets { get; set; }
    public ResourceQuantity? MaxGuest { get; set; }
    public uint? MaxHotplugRatio { get; set; }
}

public sealed class LogVerbosity
{
    public IDictionary<string, long>? NodeVerbosity { get; set; }
    public long? VirtAPI { get; set; }
    public long? VirtController { get; set; }
    public long? VirtHandler { get; set; }
    public long? VirtLauncher { get; set; }
    public long? VirtOperator { get; set; }
    public long? VirtSynchronizationController { get; set; }
}

public sealed class MediatedDevicesConfiguration
{
    public bool? Enabled { get; set; }
    public IList<string>? MediatedDeviceTypes { get; set; }
    public IList<string>? MediatedDevicesTypes { get; set; }
    public IList<NodeMediatedDeviceTypesConfig>? NodeMediatedDeviceTypes { get; set; }
}

public sealed class MediatedHostDevice
{
    public bool? ExternalResourceProvider { get; set; }
    [Required] public string? MdevNameSelector { get; set; }
    [Required] public string? ResourceName { get; set; }
}

public sealed class NetworkConfiguration
{
    public IDictionary<string, InterfaceBindingPlugin>? Binding { get; set; }
    public string? DefaultNetworkInterface { get; set; }
    public bool? PermitBridgeInterfaceOnPodNetwork { get; set; }
    public bool? PermitSlirpInterface { get; set; }
}

public sealed class NodeMediatedDeviceTypesConfig
{
    public IList<string>? MediatedDeviceTypes { get; set; }
    public IList<string>? MediatedDevicesTypes { get; set; }
    [Required] public IDictionary<string, string>? NodeSelector { get; set; }
}

public sealed class PciHostDevice
{
    public bool? ExternalResourceProvider { get; set; }
    [Required] public string? PciVendorSelector { get; set; }
    [Required] public string? ResourceName { get; set; }
}

public sealed class PermittedHostDevices
{
    public IList<MediatedHostDevice>? MediatedDevices { get; set; }
    public IList<PciHostDevice>? PciHostDevices { get; set; }
    public IList<USBHostDevice>? Usb { get; set; }
}

public sealed class PersistentReservationConfiguration
{
    [AcceptsNull] public bool? Enabled { get; set; }
}

public sealed class RESTClientConfiguration
{
    public RateLimiter? RateLimiter { get; set; }
}

public sealed class RateLimiter
{
    public TokenBucketRateLimiter? TokenBucketRateLimiter { get; set; }
}

public sealed class ReloadableComponentConfiguration
{
    public RESTClientConfiguration? RestClient { get; set; }
}

public sealed class ResourceRequirementsWithoutClaims
{
    public IDictionary<string, ResourceQuantity>? Limits { get; set; }
    public IDictionary<string, ResourceQuantity>? Requests { get; set; }
}

public sealed class SMBiosConfiguration
{
    public string? Family { get; set; }
    public string? Manufacturer { get; set; }
    public string? Product { get; set; }
    public string? Sku { get; set; }
    public string? Version { get; set; }
}

public sealed class SeccompConfiguration
{
    public VirtualMachineInstanceProfile? VirtualMachineInstanceProfile { get; set; }
}

public sealed class SupportContainerResources
{
    [Required] public ResourceRequirementsWithoutClaims? Resources { get; set; }
    [Required] public string? Type { get; set; }
}

public sealed class TDXAttestationConfiguration
{
    [SchemaDefault(false)] public bool? Enforced { get; set; }
    [SchemaDefault("/var/run/tdx-qgs/qgs.socket")] public string? QgsSocketPath { get; set; }
}

public sealed class TDXConfiguration
{
    public TDXAttestationConfiguration? Attestation { get; set; }
}

public sealed class TLSConfiguration
{
    [ListSet] public IList<string>? Ciphers { get; set; }
    [OneOf("VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13")] public string? MinTLSVersion { get; set; }
}

public sealed class TokenBucketRateLimiter
{
    [Required] public long? Burst { get; set; }
    [Required] public float? Qps { get; set; }
}

public sealed class USBHostDevice
{
    public bool? ExternalResourceProvider { get; set; }
    [Required] public string? ResourceName { get; set; }
    public IList<USBSelector>? Selectors { get; set; }
}

public sealed class USBSelector
{
    [Required] public string? Product { get; set; }
    [Required] public string? Vendor { get; set; }
}

public sealed class VirtTemplateDeployment
{
    [AcceptsNull] public bool? Enabled { get; set; }
}

public sealed class VirtualMachineInstanceProfile
{
    public CustomProfile? CustomProfile { get; set; }
}

public sealed class VirtualMachineOptions
{
    public DisableFreePageReporting? DisableFreePageReporting { get; set; }
    public DisableSerialConsoleLog? DisableSerialConsoleLog { get; set; }
}

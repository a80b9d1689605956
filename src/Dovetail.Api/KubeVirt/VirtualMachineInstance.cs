using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

public sealed class VirtualMachineInstance : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(VirtualMachineInstance);
    public V1ObjectMeta Metadata { get; set; } = new();

    [Required] public VirtualMachineInstanceSpec? Spec { get; set; }
    public VirtualMachineInstanceStatus? Status { get; set; }
}

public sealed class VirtualMachineInstanceSpec
{
    [MaxItems(256)] public IList<AccessCredential>? AccessCredentials { get; set; }
    public V1Affinity? Affinity { get; set; }
    public string? Architecture { get; set; }
    public V1PodDNSConfig? DnsConfig { get; set; }
    public string? DnsPolicy { get; set; }
    [Required] public DomainSpec? Domain { get; set; }
    public string? EvictionStrategy { get; set; }
    public string? Hostname { get; set; }
    public Probe? LivenessProbe { get; set; }
    [MaxItems(256)] public IList<Network>? Networks { get; set; }
    public IDictionary<string, string>? NodeSelector { get; set; }
    public string? PriorityClassName { get; set; }
    public Probe? ReadinessProbe { get; set; }
    [ListMap("name")] public IList<VirtualMachineInstanceResourceClaim>? ResourceClaims { get; set; }
    public string? SchedulerName { get; set; }
    public string? ServiceAccountName { get; set; }
    public string? StartStrategy { get; set; }
    public string? Subdomain { get; set; }
    public long? TerminationGracePeriodSeconds { get; set; }
    public IList<V1Toleration>? Tolerations { get; set; }
    [ListMap("topologyKey", "whenUnsatisfiable")] public IList<V1TopologySpreadConstraint>? TopologySpreadConstraints { get; set; }
    [ListMap("name"), MaxItems(256)] public IList<UtilityVolume>? UtilityVolumes { get; set; }
    [MaxItems(256)] public IList<Volume>? Volumes { get; set; }
}

public sealed class VirtualMachineInstanceResourceClaim
{
    [Required] public string? Name { get; set; }
    public string? ResourceClaimName { get; set; }
    public string? ResourceClaimTemplateName { get; set; }
}

public sealed class Probe
{
    public V1ExecAction? Exec { get; set; }
    public int? FailureThreshold { get; set; }
    public GuestAgentPing? GuestAgentPing { get; set; }
    public V1HTTPGetAction? HttpGet { get; set; }
    public int? InitialDelaySeconds { get; set; }
    public int? PeriodSeconds { get; set; }
    public int? SuccessThreshold { get; set; }
    public V1TCPSocketAction? TcpSocket { get; set; }
    public int? TimeoutSeconds { get; set; }
}

public sealed class GuestAgentPing;

using Dovetail.Api.Schemas;
using k8s;
using k8s.Models;

namespace Dovetail.Api.KubeVirt;

/// <summary>One run of a guest: made when it starts, final when it ends.</summary>
public sealed class VirtualMachineInstance : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = ApiVersions.KubeVirt;
    public string Kind { get; set; } = nameof(VirtualMachineInstance);
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>How the guest is built and where it may run.</summary>
    [Required] public VirtualMachineInstanceSpec? Spec { get; set; }

    /// <summary>Where the guest is and how it fares. Until hand-over to a node virt-controller writes it, afterwards virt-handler.</summary>
    public VirtualMachineInstanceStatus? Status { get; set; }
}

/// <summary>How the guest is built and where it may run.</summary>
public sealed class VirtualMachineInstanceSpec
{
    [MaxItems(256)] public IList<AccessCredential>? AccessCredentials { get; set; }

    /// <summary>Rules on nodes and other pods for where the guest runs.</summary>
    public V1Affinity? Affinity { get; set; }

    /// <summary>CPU architecture of the guest: amd64, arm64 or s390x; the cluster's when absent.</summary>
    public string? Architecture { get; set; }

    public V1PodDNSConfig? DnsConfig { get; set; }
    public string? DnsPolicy { get; set; }

    /// <summary>The hardware that the guest sees.</summary>
    [Required] public DomainSpec? Domain { get; set; }

    /// <summary>What happens when the node is drained.</summary>
    public string? EvictionStrategy { get; set; }

    /// <summary>Host name of the guest; the name of the VirtualMachineInstance when absent.</summary>
    public string? Hostname { get; set; }

    public Probe? LivenessProbe { get; set; }

    /// <summary>Networks that interfaces are plugged into.</summary>
    [MaxItems(256)] public IList<Network>? Networks { get; set; }

    /// <summary>Labels that a node must carry to run the guest.</summary>
    public IDictionary<string, string>? NodeSelector { get; set; }

    /// <summary>Priority class of the launcher pod.</summary>
    public string? PriorityClassName { get; set; }

    public Probe? ReadinessProbe { get; set; }
    [ListMap("name")] public IList<VirtualMachineInstanceResourceClaim>? ResourceClaims { get; set; }

    /// <summary>Scheduler that places the launcher pod.</summary>
    public string? SchedulerName { get; set; }

    public string? ServiceAccountName { get; set; }

    /// <summary>Paused: the guest starts with its CPUs stopped.</summary>
    public string? StartStrategy { get; set; }

    /// <summary>Subdomain of the guest: its full name is hostname.subdomain.namespace.svc.cluster-domain.</summary>
    public string? Subdomain { get; set; }

    /// <summary>Seconds that the guest gets to shut down before it is switched off; 30 when absent.</summary>
    public long? TerminationGracePeriodSeconds { get; set; }

    /// <summary>Taints of nodes that the guest puts up with.</summary>
    public IList<V1Toleration>? Tolerations { get; set; }

    /// <summary>How equal guests spread over nodes.</summary>
    [ListMap("topologyKey", "whenUnsatisfiable")] public IList<V1TopologySpreadConstraint>? TopologySpreadConstraints { get; set; }

    [ListMap("name"), MaxItems(256)] public IList<UtilityVolume>? UtilityVolumes { get; set; }

    /// <summary>Sources of the data of disks and cloud-init.</summary>
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

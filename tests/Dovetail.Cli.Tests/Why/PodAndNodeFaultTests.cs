using Dovetail.Cli.Why;
using k8s.Models;
using static Dovetail.Cli.Tests.Why.World;

namespace Dovetail.Cli.Tests.Why;

/// <summary>Faults of pods, nodes and disks; each name is the defect that would be let through.</summary>
public sealed class PodAndNodeFaultTests
{
    private const string Container = "Pod demo/virt-launcher-web-x container compute";

    [Theory]
    [InlineData("ErrImagePull", "not found", "its image registry/web:1 could not be pulled. not found.", "registry can be reached")]
    [InlineData("ImagePullBackOff", "Back-off", "its image registry/web:1 could not be pulled several times in a row. Back-off.", "tried again by itself")]
    [InlineData("InvalidImageName", "bad", "its image has a name that is none. bad.", "mend the image's name")]
    [InlineData("ErrImageNeverPull", "", "its image registry/web:1 is not on the node, and imagePullPolicy is Never.", "put the image on the node")]
    [InlineData("CreateContainerConfigError", "secret \"a\" not found", "something that it needs is not there. secret \"a\" not found.", "create what the message names")]
    [InlineData("CreateContainerError", "no room", "could not be started. no room.", "mend what the message says")]
    [InlineData("RunContainerError", "exec: no such file", "could not be started. exec: no such file.", "mend what the message says")]
    [InlineData("ContainersNotServed", "only launchers", "this node does not run such containers. only launchers.", "run it on a node that does")]
    [InlineData("SignatureValidationFailed", "unsigned", "waits: unsigned.", "describe pod")]
    public void A_reason_to_wait_is_not_told(string reason, string message, string sentence, string step) => Says(WhyKind.Pod, Facts(pod: Waiting(reason, message)), 4, $"{Container}: {sentence}", step);

    [Fact]
    public void A_pull_that_takes_its_time_is_called_a_fault() => Says(WhyKind.Pod, Facts(pod: Waiting("ContainerCreating", "pulling the image a since 11:59:00Z")), 3, $"{Container}: is being made: pulling the image a since 11:59:00Z.");

    [Fact]
    public void A_volume_that_cannot_be_mounted_is_not_told() => Says(
        WhyKind.Pod,
        Facts(pod: Waiting("ContainerCreating")) with { Events = [Warning("Pod", "virt-launcher-web-x", "FailedMount", "configmap \"conf\" not found")] },
        4,
        $"{Container}: cannot be made yet. configmap \"conf\" not found.");

    [Fact]
    public void A_crash_loop_of_a_container_hides_how_it_ended() => Says(
        WhyKind.Pod,
        Facts(pod: Pod(p => p.Status.ContainerStatuses = [new() { Name = "compute", RestartCount = 4, State = new() { Waiting = new() { Reason = "CrashLoopBackOff" } }, LastState = new() { Terminated = new() { ExitCode = 127, Reason = "Error" } } }])),
        4,
        $"{Container}: has ended 4 times; the last time it could not run: its command was not found (exit code 127).",
        "--previous");

    [Fact]
    public void An_init_container_that_fails_is_not_named() => Says(
        WhyKind.Pod,
        Facts(pod: Pod(p => p.Status.InitContainerStatuses = [new() { Name = "prepare", State = new() { Terminated = new() { ExitCode = 2, Reason = "Error", Message = "no config" } } }])),
        4,
        "Pod demo/virt-launcher-web-x init container prepare: ended with exit code 2: no config.",
        "-c prepare");

    [Theory]
    [InlineData("Readiness", "readiness")]
    [InlineData("Liveness", "liveness")]
    [InlineData("Startup", "startup")]
    public void A_failing_probe_is_not_told(string word, string kind) => Says(
        WhyKind.Pod,
        Facts(pod: Pod(p => p.Status.ContainerStatuses = [new() { Name = "compute", Started = true, State = new() { Running = new() } }], "Running")) with { Events = [Warning("Pod", "virt-launcher-web-x", "Unhealthy", $"{word} probe failed: connection refused")] },
        4,
        $"{Container}: runs, but its {kind} probe fails. {word} probe failed: connection refused.");

    [Fact]
    public void An_evicted_pod_does_not_say_why() => Says(
        WhyKind.Pod,
        Facts(pod: Pod(p => (p.Status.Reason, p.Status.Message) = ("Evicted", "The node was low on resource: memory."), "Failed")),
        4,
        "Pod demo/virt-launcher-web-x: was evicted from the node one. The node was low on resource: memory.");

    [Fact]
    public void A_pod_that_has_time_to_end_is_called_stuck() => Says(WhyKind.Pod, Facts(pod: Pod(p => p.Metadata.DeletionTimestamp = Now.AddSeconds(20), "Running")), 3, "Pod demo/virt-launcher-web-x: is being ended, and has 20 s more to do so in order.");

    [Fact]
    public void A_pod_that_does_not_end_is_said_to_be_ending() => Says(
        WhyKind.Pod,
        Facts(pod: Pod(p => p.Metadata.DeletionTimestamp = Now.AddMinutes(-10), "Running")) with { Nodes = [NodeWith("Ready", "Unknown", "NodeStatusUnknown", "")] },
        4,
        "Pod demo/virt-launcher-web-x: should have been gone 10 min ago; the agent of the node one has not said that it is.",
        "--force --grace-period=0");

    [Fact]
    public void A_pod_on_a_node_that_is_gone_waits_without_a_word() => Says(
        WhyKind.Pod, Facts(pod: Pod(phase: "Running")) with { Nodes = [TheNode(n => n.Metadata.Name = "other")] }, 4, "Pod demo/virt-launcher-web-x: is bound to the node one, which does not exist any more.");

    [Fact]
    public void A_gate_before_scheduling_is_not_named() => Says(
        WhyKind.Pod, Facts(pod: Pod(p => p.Spec.SchedulingGates = [new() { Name = "example.com/wait" }], node: null)), 4, "Pod demo/virt-launcher-web-x: is not placed while the scheduling gate example.com/wait stands.");

    [Fact]
    public void A_scheduler_that_does_not_exist_is_not_named() => Says(
        WhyKind.Pod, Facts(pod: Pod(p => p.Spec.SchedulerName = "mine", node: null)), 4, "Pod demo/virt-launcher-web-x: waits for the scheduler mine, which has not looked at it.");

    [Theory]
    [InlineData("0/1 nodes are available: 1 Insufficient memory.", "ask for less memory")]
    [InlineData("0/1 nodes are available: 1 Insufficient cpu.", "ask for less CPU")]
    [InlineData("0/1 nodes are available: 1 Insufficient devices.kubevirt.io/kvm.", "/dev/kvm")]
    [InlineData("0/1 nodes are available: 1 Too many pods.", "the node is full")]
    [InlineData("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", "another pod has the host port")]
    [InlineData("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", "kubectl get nodes --show-labels")]
    public void What_helps_against_a_full_or_unfit_node_is_not_told(string message, string step) => Says(
        WhyKind.Vm, Facts(Vm(), Vmi("Scheduling"), Unplaced(message)), 4, $"Pod demo/virt-launcher-web-x: no node fits. {message}", step);

    [Fact]
    public void A_selector_that_no_node_matches_is_not_compared_with_the_node() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Scheduling"), Unplaced("0/1 nodes are available", p => p.Spec.NodeSelector = new Dictionary<string, string> { ["zone"] = "b" })),
        4,
        "Node one: has not the label zone=b that the node selector asks for (it has zone=a).",
        "kubectl label node one zone=b --overwrite");

    [Fact]
    public void A_node_of_another_architecture_is_to_be_relabelled() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Scheduling"), Unplaced("0/1 nodes are available", p => p.Spec.NodeSelector = new Dictionary<string, string> { ["kubernetes.io/arch"] = "arm64" })),
        4,
        "Node one: has not the label kubernetes.io/arch=arm64 that the node selector asks for.",
        "another kind of machine");

    [Fact]
    public void A_guest_that_is_larger_than_every_node_is_told_to_wait() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Scheduling"), Unplaced("0/1 nodes are available: 1 Insufficient memory.", p => p.Spec.Containers[0].Resources = new() { Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new("64Gi") } })),
        4,
        "Node one: has 8192 MiB of memory in all, and the pod asks for 65536 MiB.",
        "larger node");

    [Fact]
    public void A_node_without_kvm_is_not_named() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Scheduling"), Unplaced("0/1 nodes are available", p => p.Spec.Containers[0].Resources = new() { Requests = new Dictionary<string, ResourceQuantity> { ["devices.kubevirt.io/kvm"] = new("1") } }))
            with { Nodes = [TheNode(n => n.Status.Allocatable["devices.kubevirt.io/kvm"] = new("0"))] },
        4,
        "Node one: offers no usable /dev/kvm, which the virtual machine asks for.");

    [Fact]
    public void A_cordoned_node_is_not_named() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Scheduling"), Unplaced("0/1 nodes are available: 1 node(s) were unschedulable.")) with { Nodes = [TheNode(n => n.Spec.Unschedulable = true)] },
        4,
        "Node one: is cordoned: it takes no new pods.",
        "kubectl uncordon one");

    [Fact]
    public void A_taint_is_not_named() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Scheduling"), Unplaced("0/1 nodes are available")) with { Nodes = [TheNode(n => n.Spec.Taints = [new() { Key = "only", Value = "db", Effect = "NoSchedule" }])] },
        4,
        "Node one: has the taint only=db:NoSchedule: only pods that tolerate it go there.",
        "kubectl taint nodes one only:NoSchedule-");

    [Fact]
    public void A_taint_that_the_pod_tolerates_is_blamed()
    {
        var pod = Unplaced("0/1 nodes are available: 1 Insufficient cpu.", p => p.Spec.Tolerations = [new() { Key = "only", OperatorProperty = "Exists" }]);
        var cause = PodCauses.Explain(pod, Facts(pod: pod) with { Nodes = [TheNode(n => n.Spec.Taints = [new() { Key = "only", Effect = "NoSchedule" }])] });
        cause.All().ShouldNotContain(c => c.Reason == "Tainted");
    }

    [Theory]
    [InlineData("Ready", "False", "KubeletNotReady", "the pod network cannot be set up", "is not ready. the pod network cannot be set up.", "mend")]
    [InlineData("Ready", "False", "NodeStopping", "stopped in order", "is not ready. stopped in order.", "dovetail up")]
    [InlineData("Ready", "Unknown", "NodeStatusUnknown", "", "has not been heard of since 2026-11-24 11:51:00Z: it is off, unreachable, or its agent has stopped.", "dovetail status")]
    [InlineData("MemoryPressure", "True", "KubeletHasInsufficientMemory", "12 MiB are available", "is short of memory. 12 MiB are available.", "stop virtual machines")]
    [InlineData("DiskPressure", "True", "KubeletHasDiskPressure", "less than 10 % is free", "is short of disk. less than 10 % is free.", "free space")]
    [InlineData("PIDPressure", "True", "KubeletHasInsufficientPID", "99 of 100", "is short of process ids. 99 of 100.", "kernel.pid_max")]
    [InlineData("NetworkUnavailable", "True", "NoRoute", "no route", "has no pod network. no route.", "network plug-in")]
    [InlineData("node.dovetail.dev/containerd", "False", "Restarting", "ended with 1", "its containerd is not healthy. ended with 1.", "dovetail status")]
    public void A_condition_of_a_node_is_not_told(string type, string status, string reason, string message, string sentence, string step) =>
        Says(WhyKind.Node, Facts() with { Name = "one", Namespace = "", Nodes = [NodeWith(type, status, reason, message)] }, 4, $"Node one: {sentence}", step);

    [Fact]
    public void A_node_without_virt_handler_is_called_well() => Says(
        WhyKind.Node,
        Facts() with { Name = "one", Nodes = [TheNode(n => n.Metadata.Labels.Remove("kubevirt.io/schedulable"))] },
        4,
        "Node one: has no virt-handler that takes virtual machines (it lacks the label kubevirt.io/schedulable).");

    [Fact]
    public void A_node_whose_clock_is_ahead_is_called_well() => Says(
        WhyKind.Node, Facts() with { Name = "one", Nodes = [TheNode(n => n.Metadata.Annotations["kubevirt.io/heartbeat"] = "2026-11-24T12:30:00Z")] }, 4, "Node one: its clock is 30 min ahead of the API server's.", "NTP");

    [Fact]
    public void A_node_that_emulates_is_called_broken() => Says(
        WhyKind.Node, Facts() with { Name = "one", Nodes = [TheNode(n => n.Status.Allocatable["devices.kubevirt.io/kvm"] = new("0"))] }, 0, "Node one: offers no usable /dev/kvm: guests are emulated there, which is slow.");

    [Fact]
    public void A_healthy_node_is_called_broken() => Says(WhyKind.Node, Facts() with { Name = "one" }, 0, "Node one: is ready and takes virtual machines.");

    [Theory]
    [InlineData("""{"phase":"Failed","conditions":[{"type":"Running","status":"False","reason":"Error","message":"404 from the server"}]}""", 4, "could not be filled. 404 from the server.", "describe dv disk")]
    [InlineData("""{"phase":"ImportInProgress","progress":"42.00%"}""", 3, "is being filled (ImportInProgress, 42.00% done).", null)]
    [InlineData("""{"phase":"ImportInProgress","restartCount":3,"conditions":[{"type":"Running","status":"False","reason":"Error","message":"no such host"}]}""", 4, "is being filled (ImportInProgress); its worker was restarted 3 times. no such host.", "out of reach")]
    [InlineData("""{"phase":"WaitForFirstConsumer"}""", 3, "is filled as soon as a guest that uses it is placed on a node.", null)]
    [InlineData("""{}""", 4, "nobody has taken it up.", "CDI")]
    public void A_disk_that_is_not_filled_yet_is_not_told(string status, int exit, string sentence, string? step) =>
        Says(WhyKind.Vm, Facts(Vm()) with { DataVolumes = [DataVolume(status)] }, exit, $"DataVolume demo/disk: {sentence}", step);

    [Fact]
    public void A_claim_without_any_default_class_waits_without_a_word() => Says(WhyKind.Vm, Facts(Vm()) with { Claims = [Claim()] }, 4, "PersistentVolumeClaim demo/disk: names no storage class, and there is no default one.", "is-default-class=true");

    [Fact]
    public void A_storage_class_that_does_not_exist_is_not_named() => Says(WhyKind.Vm, Facts(Vm()) with { Claims = [Claim("fast")] }, 4, "PersistentVolumeClaim demo/disk: asks for the storage class fast, which does not exist.");

    [Fact]
    public void A_claim_that_waits_for_its_first_pod_is_called_broken() => Says(
        WhyKind.Pvc, Facts() with { Claims = [Claim("fast")], StorageClasses = [Class("WaitForFirstConsumer")] }, 3, "PersistentVolumeClaim demo/disk: is bound as soon as a pod that uses it is placed on a node.");

    [Fact]
    public void What_a_provisioner_says_is_not_told() => Says(
        WhyKind.Pvc,
        Facts() with { Claims = [Claim("fast")], StorageClasses = [Class("Immediate")], Events = [Warning("PersistentVolumeClaim", "disk", "ProvisioningFailed", "no space")] },
        4,
        "PersistentVolumeClaim demo/disk: could not be provisioned. no space.");

    [Fact]
    public void A_lost_volume_is_not_told() => Says(WhyKind.Pvc, Facts() with { Claims = [Claim("fast", "Lost")] }, 4, "PersistentVolumeClaim demo/disk: has lost its volume , and the data with it.");

    private static V1PersistentVolumeClaim Claim(string? storage = null, string phase = "Pending") =>
        new() { Metadata = new() { NamespaceProperty = "demo", Name = "disk" }, Spec = new() { StorageClassName = storage }, Status = new() { Phase = phase } };

    private static V1StorageClass Class(string mode) => new() { Metadata = new() { Name = "fast" }, Provisioner = "example.com/p", VolumeBindingMode = mode };
}

using Dovetail.Cli.Why;
using static Dovetail.Cli.Tests.Why.World;

namespace Dovetail.Cli.Tests.Why;

/// <summary>Faults of a guest; each name is the defect that would be let through.</summary>
public sealed class GuestFaultTests
{
    [Fact]
    public void A_guest_that_ignores_acpi_does_not_say_how_long_it_still_has() => Says(
        WhyKind.Vm,
        Facts(Vm("Halted"), Vmi(change: v => (v.Metadata.DeletionTimestamp, v.Spec!.TerminationGracePeriodSeconds) = (Now.AddSeconds(-20), 60))),
        3,
        "VirtualMachineInstance demo/web: its guest was asked to shut down (ACPI) and has 40 s left; a guest that ignores it is switched off then.",
        "--force --grace-period 0");

    [Fact]
    public void A_guest_that_outlives_its_grace_is_said_to_be_stopping() => Says(
        WhyKind.Vmi,
        Facts(vmi: Vmi(change: v => v.Metadata.DeletionTimestamp = Now.AddSeconds(-90))),
        4,
        "VirtualMachineInstance demo/web: its guest should have been switched off 60 s ago, when its 30 s of grace ended.");

    [Fact]
    public void A_pause_that_somebody_asked_for_is_called_a_fault() => Says(
        WhyKind.Vm, Facts(Vm(), With("Paused", "True", "PausedByUser")), 0, "VirtualMachineInstance demo/web: is paused, as somebody asked.", "virtctl unpause vmi -n demo web");

    [Fact]
    public void A_full_disk_that_pauses_a_guest_is_taken_for_a_users_pause() => Says(
        WhyKind.Vm, Facts(Vm(), With("Paused", "True", "PausedIOError")), 4, "VirtualMachineInstance demo/web: is paused, because a write to its disk failed: most likely the node's disk is full.", "free space");

    [Fact]
    public void The_pause_at_the_end_of_a_migration_is_taken_for_a_fault() => Says(
        WhyKind.Vm, Facts(Vm(), With("Paused", "True", "PausedByMigrationMonitor")), 3, "VirtualMachineInstance demo/web: is paused for the last part of its move to another node.");

    [Fact]
    public void A_migration_is_not_told() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi(change: v => v.Status!.MigrationState = new() { StartTimestamp = Now.AddSeconds(-15), SourceNode = "one", TargetNode = "two" })),
        3,
        "VirtualMachineInstance demo/web: is moving from the node one to two since 15 s; it runs meanwhile.",
        "virtctl migrate-cancel -n demo web");

    [Fact]
    public void A_guest_without_an_agent_is_called_broken_or_says_nothing() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi(change: v => v.Status!.Conditions = [Condition("Ready", "True")])),
        0,
        "VirtualMachineInstance demo/web: no guest agent is connected: addresses inside the guest, its users and file systems are not known, and freezing is not possible.",
        "qemu-guest-agent");

    [Fact]
    public void A_failing_readiness_probe_of_a_guest_is_not_told() => Says(
        WhyKind.Vmi,
        Facts(vmi: Vmi(change: v =>
        {
            v.Spec!.ReadinessProbe = new();
            v.Status!.Conditions = [Condition("Ready", "False", "ContainersNotReady"), Condition("AgentConnected", "True")];
        })),
        4,
        "VirtualMachineInstance demo/web: runs, but its readiness probe fails, so Services do not send it anything.",
        "spec.readinessProbe");

    [Fact]
    public void Keys_that_did_not_reach_the_guest_are_not_told() => Says(
        WhyKind.Vmi, Facts(vmi: With("AccessCredentialsSynchronized", "False", null, "agent is silent")), 4, "VirtualMachineInstance demo/web: keys or passwords could not be put into the guest. agent is silent.");

    [Fact]
    public void Emulation_is_not_told() => Says(WhyKind.Vmi, Facts(vmi: With("SoftwareEmulation", "True")), 0, "VirtualMachineInstance demo/web: its CPU is emulated, which is slow: KVM does not work on its node.");

    [Fact]
    public void A_network_that_cannot_be_made_is_not_told() => Says(
        WhyKind.Vmi,
        Facts(vmi: With("Synchronized", "False", "Synchronizing with the Domain failed.", "NetworkFailed: no free address")),
        4,
        "VirtualMachineInstance demo/web: what is asked of it could not be done. NetworkFailed: no free address.",
        "tried again by itself");

    [Fact]
    public void A_dead_libvirtd_is_not_told() => Says(
        WhyKind.Vmi,
        Facts(vmi: Vmi("Scheduled", v => v.Status!.Conditions = [Condition("Synchronized", "False", "x", "LauncherRefused: cannot connect to libvirt")])),
        4,
        "VirtualMachineInstance demo/web: its guest could not be started. LauncherRefused: cannot connect to libvirt.",
        "libvirtd in the launcher's sandbox is started again by itself");

    [Fact]
    public void A_stale_heartbeat_leaves_a_guest_scheduled_without_a_word()
    {
        var facts = Facts(Vm(), Vmi("Scheduled")) with { Nodes = [TheNode(n => n.Metadata.Annotations["kubevirt.io/heartbeat"] = "2026-11-24T11:50:00Z")] };
        Says(WhyKind.Vm, facts, 4, "Node one: its virt-handler has not been heard of for 10 min: nothing happens to its guests, and no new ones go there.", "virt-handler");
    }

    [Fact]
    public void A_virt_handler_that_does_not_run_is_not_named()
    {
        var facts = Facts(Vm(), Vmi("Scheduled")) with { Components = [new("DaemonSet", "kubevirt", "virt-handler", 1, 0)] };
        Says(WhyKind.Vm, facts, 4, "DaemonSet kubevirt/virt-handler: 0 of 1 copies of virt-handler are ready, so nothing that it does for virtual machines goes on.");
    }

    [Fact]
    public void A_guest_that_stays_scheduled_is_said_to_be_starting() => Says(
        WhyKind.Vmi,
        Facts(vmi: Vmi("Scheduled", v => v.Status!.PhaseTransitionTimestamps = [new() { Phase = "Scheduled", PhaseTransitionTimestamp = Now.AddMinutes(-5) }]), pod: Pod(phase: "Running")),
        4,
        "VirtualMachineInstance demo/web: was handed to virt-handler on the node one 5 min ago, and its guest does not run yet.",
        "kubectl -n demo logs virt-launcher-web-x -c compute");

    [Fact]
    public void A_secret_for_cloud_init_that_does_not_exist_is_not_named()
    {
        var facts = Facts(Vm(), Vmi("Failed", v => v.Status!.Reason = "SecretNotFound")) with { Missing = [new("Secret", "keys", "spec.volumes[ci].cloudInitNoCloud.secretRef")] };
        Says(WhyKind.Vm, facts, 4, "Secret demo/keys: does not exist, and spec.volumes[ci].cloudInitNoCloud.secretRef needs it.", "kubectl -n demo create secret generic keys");
    }

    [Theory]
    [InlineData("ConfigMap", "kubectl -n demo create configmap conf")]
    [InlineData("ServiceAccount", "kubectl -n demo create serviceaccount conf")]
    [InlineData("PersistentVolumeClaim", "get pvc")]
    [InlineData("DataVolume", "get dv")]
    public void An_object_that_a_volume_needs_is_not_named(string kind, string step)
    {
        var facts = Facts(Vm(), Vmi("Pending")) with { Missing = [new(kind, "conf", "spec.volumes[v]")] };
        Says(WhyKind.Vm, facts, 4, $"{kind} demo/conf: does not exist, and spec.volumes[v] needs it.", step);
    }

    [Fact]
    public void A_qemu_that_ran_out_of_memory_is_called_a_crash_of_the_guest() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Failed", v => v.Status!.Reason = "GuestCrashed"), Ended(137, "OOMKilled")),
        4,
        "VirtualMachineInstance demo/web: its QEMU was killed because the sandbox used more memory than its limit.",
        "resources.limits.memory");

    [Fact]
    public void A_launcher_that_crashed_hides_its_exit_code_and_last_words() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Failed", v => v.Status!.Reason = "SandboxEnded"), Ended(1, "Error", "starting\nbwrap: no user namespaces")),
        4,
        "Pod demo/virt-launcher-web-x container compute: ended with exit code 1: bwrap: no user namespaces.",
        "logs virt-launcher-web-x -c compute");

    [Fact]
    public void A_refusal_of_libvirt_is_not_told() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Failed", v => v.Status!.Reason = "LibvirtError")) with { Events = [Warning("VirtualMachineInstance", "web", "SyncFailed", "LibvirtError: unsupported CPU model")] },
        4,
        "VirtualMachineInstance demo/web: libvirt refused to start its guest. LibvirtError: unsupported CPU model.",
        "spec.domain");

    [Fact]
    public void A_full_disk_at_the_start_is_not_told() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Failed", v => v.Status!.Reason = "LauncherError")) with { Events = [Warning("VirtualMachineInstance", "web", "SyncFailed", "cannot write disk.qcow2: No space left on device")] },
        4,
        "VirtualMachineInstance demo/web: its launcher could not make what the guest needs. cannot write disk.qcow2: No space left on device.",
        "free space");

    [Fact]
    public void A_guest_that_was_lost_with_its_node_does_not_say_so() => Says(
        WhyKind.Vm, Facts(Vm(), Vmi("Failed", v => v.Status!.Reason = "NodeUnresponsive")), 4, "VirtualMachineInstance demo/web: was given up, because its node was not heard of for five minutes.", "see to the node");

    [Fact]
    public void A_guest_on_a_node_that_is_gone_is_called_well() => Says(
        WhyKind.Vmi, Facts(vmi: Vmi()) with { Nodes = [TheNode(n => n.Metadata.Name = "other")] }, 4, "Node one: does not exist any more, and the guest ran there.");

    [Fact]
    public void A_platform_without_nodes_is_not_told() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Pending", v => v.Status!.Conditions = [Condition("Synchronized", "False", "NoNodeReady", "no node")])) with { Nodes = [] },
        4,
        "VirtualMachineInstance demo/web: has no launcher pod yet, because no node takes virtual machines, and it is not known whether its guest can use KVM.",
        "there is no node");

    [Fact]
    public void A_pod_that_the_namespace_refuses_is_not_told() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Pending", v => v.Status!.Conditions = [Condition("Synchronized", "False", "FailedCreate", "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\"")])),
        4,
        "VirtualMachineInstance demo/web: the namespace's Pod Security level refuses its launcher pod. pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\".",
        "pod-security.kubernetes.io/enforce");

    [Fact]
    public void A_service_account_that_the_launcher_needs_is_not_named() => Says(
        WhyKind.Vmi,
        Facts(vmi: Vmi("Pending")) with { Events = [Warning("VirtualMachineInstance", "web", "FailedCreate", "error looking up service account demo/robot: serviceaccount \"robot\" not found")] },
        4,
        "VirtualMachineInstance demo/web: its launcher pod needs a service account that does not exist. error looking up service account demo/robot: serviceaccount \"robot\" not found.",
        "serviceaccounts");

    [Fact]
    public void A_claim_that_does_not_exist_is_not_told() => Says(
        WhyKind.Vm,
        Facts(Vm(), Vmi("Pending", v => v.Status!.Conditions = [Condition("Synchronized", "False", "FailedPvcNotFound", "PVC disk does not exist")])),
        4,
        "VirtualMachineInstance demo/web: a claim that it needs does not exist. PVC disk does not exist.",
        "get pvc");

    [Fact]
    public void Clocks_that_differ_are_not_told() => EngineCauses.All(Facts() with { ServerAhead = TimeSpan.FromMinutes(-10) }).ShouldContain(c =>
        c.Message == "the API server's clock is 10 min behind this machine's: ages, back-offs and certificates look wrong." && c.NextStep!.Contains("NTP"));

    [Fact]
    public void What_may_not_be_read_is_taken_for_absent() => EngineCauses.All(Facts() with { Unreadable = ["nodes"] }).ShouldContain(c => c.Object == "nodes" && c.Message == "you may not read this, so what it may hold up is not known here.");

    private static Dovetail.Api.KubeVirt.VirtualMachineInstance With(string type, string status, string? reason = null, string? message = null) =>
        Vmi(change: v => v.Status!.Conditions = [Condition("Ready", "True"), Condition("AgentConnected", "True"), Condition(type, status, reason, message)]);
}

using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController;
using Dovetail.Virt.VirtController.VirtualMachineInstances;
using k8s.Models;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class VmiPlannerTests
{
    /// <summary>phase | being deleted | pod: none, starting, ready, ended, leaving | next phase</summary>
    [Theory]
    [InlineData("", false, "none", VmiPhases.Pending)]
    [InlineData("Pending", false, "none", VmiPhases.Pending)]
    [InlineData("Pending", true, "none", VmiPhases.Failed)]
    [InlineData("Pending", false, "starting", VmiPhases.Scheduling)]
    [InlineData("Pending", false, "ended", VmiPhases.Failed)]
    [InlineData("Scheduling", false, "starting", VmiPhases.Scheduling)]
    [InlineData("Scheduling", false, "ready", VmiPhases.Scheduled)]
    [InlineData("Scheduling", false, "none", VmiPhases.Failed)]
    [InlineData("Scheduling", false, "ended", VmiPhases.Failed)]
    [InlineData("Scheduling", true, "leaving", VmiPhases.Failed)]
    [InlineData("Scheduled", false, "none", VmiPhases.Failed)]
    [InlineData("Scheduled", false, "ready", VmiPhases.Scheduled)]
    [InlineData("Running", false, "ready", VmiPhases.Running)]
    [InlineData("Running", true, "leaving", VmiPhases.Running)]
    [InlineData("Running", false, "none", VmiPhases.Failed)]
    [InlineData("Running", false, "ended", VmiPhases.Running)]
    [InlineData("Running", false, "ended long ago", VmiPhases.Failed)]
    [InlineData("Succeeded", true, "none", VmiPhases.Succeeded)]
    [InlineData("Failed", false, "ready", VmiPhases.Failed)]
    public void The_pod_decides_the_phase(string phase, bool deleting, string pod, string next) =>
        VmiPlanner.NextPhase(Make.Facts(Make.Vmi(phase, deleting), Pod(pod))).ShouldBe(next);

    [Theory]
    [InlineData(KvmOnNodes.None, "CreatePod { Emulated = True }")]
    [InlineData(KvmOnNodes.Some, "CreatePod { Emulated = False }")]
    public void A_pending_vmi_gets_a_pod(KvmOnNodes kvm, string step) =>
        VmiPlanner.Decide(Make.Facts(Make.Vmi(VmiPhases.Pending), kvm: kvm)).Steps.ShouldHaveSingleItem().ToString().ShouldBe(step);

    [Fact]
    public void Before_any_node_is_ready_the_vmi_waits_and_says_for_what()
    {
        var facts = Make.Facts(Make.Vmi(VmiPhases.Pending), kvm: KvmOnNodes.Unknown);
        var plan = VmiPlanner.Decide(facts);

        plan.Steps.ShouldBeEmpty();
        VmiDescription.Describe(facts, plan, null).Status!.Conditions.IsFalse(ConditionTypes.Synchronized, "NoNodeReady").ShouldBeTrue();
    }

    [Fact]
    public void No_second_pod_is_made_for_a_vmi_that_has_lost_its_first() =>
        VmiPlanner.Decide(Make.Facts(Make.Vmi(VmiPhases.Scheduling))).Steps.ShouldBeEmpty();

    [Fact]
    public void A_deleted_vmi_has_its_pod_deleted_once()
    {
        VmiPlanner.Decide(Make.Facts(Make.Vmi(VmiPhases.Running, deleting: true), Make.Pod(ready: true))).Steps.ShouldHaveSingleItem().ShouldBeOfType<VmiStep.DeletePod>();
        VmiPlanner.Decide(Make.Facts(Make.Vmi(VmiPhases.Running, deleting: true), Make.Pod(deleting: true))).Steps.ShouldBeEmpty();
    }

    [Fact]
    public void The_readiness_gate_opens_as_soon_as_there_is_a_pod_and_closes_while_the_guest_is_paused()
    {
        var pod = Make.Pod();
        pod.Status.Conditions = [];
        Gate(Make.Vmi(VmiPhases.Scheduling), pod).ShouldBe(true);
        Gate(Make.Vmi(VmiPhases.Running), Make.Pod()).ShouldBeNull();
        Gate(Make.Vmi(VmiPhases.Running, change: v => v.Status!.Conditions = [Make.Condition("Paused", "True")]), Make.Pod()).ShouldBe(false);

        static bool? Gate(VirtualMachineInstance vmi, V1Pod pod) => VmiPlanner.Decide(Make.Facts(vmi, pod)).Steps.OfType<VmiStep.SetUnpaused>().FirstOrDefault()?.Unpaused;
    }

    [Fact]
    public void Hand_over_names_the_node_on_vmi_and_pod()
    {
        var facts = Make.Facts(Make.Vmi(VmiPhases.Scheduling), Make.Pod(ready: true));
        var vmi = VmiDescription.Describe(facts, VmiPlanner.Decide(facts), null);

        vmi.Status!.Phase.ShouldBe(VmiPhases.Scheduled);
        vmi.Status.NodeName.ShouldBe("node-1");
        vmi.Metadata.Labels[KubeVirtLabels.NodeName].ShouldBe("node-1");
        vmi.Status.ActivePods.ShouldBe(new Dictionary<string, string> { ["pod-1"] = "node-1" });
        vmi.Status.PhaseTransitionTimestamps!.Single().Phase.ShouldBe(VmiPhases.Scheduled);
        VmiPlanner.Decide(Make.Facts(vmi, Make.Pod(ready: true))).Steps.ShouldHaveSingleItem().ShouldBe(new VmiStep.LabelNode("virt-launcher-web-0", "node-1"));
    }

    [Fact]
    public void What_keeps_a_pod_from_starting_shows_on_the_vmi()
    {
        var pod = Make.Pod("Pending");
        pod.Status.ContainerStatuses = [new() { Name = "volumeroot", State = new() { Waiting = new() { Reason = "ErrImagePull", Message = "no such image" } } }];
        pod.Status.Conditions.Add(new() { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = "0/1 nodes" });
        var facts = Make.Facts(Make.Vmi(VmiPhases.Scheduling), pod);

        var conditions = VmiDescription.Describe(facts, VmiPlanner.Decide(facts), null).Status!.Conditions;

        conditions.Get(ConditionTypes.Synchronized)!.Message.ShouldBe("no such image");
        conditions.IsFalse(ConditionTypes.PodScheduled, "Unschedulable").ShouldBeTrue();
        conditions.Get(ConditionTypes.PodScheduled)!.Message!.ShouldStartWith("0/1 nodes It is placed by itself as soon as a node fits");
    }

    [Fact]
    public void A_pull_that_takes_its_time_shows_on_the_vmi_and_a_container_that_only_waits_its_turn_does_not()
    {
        var pod = Make.Pod("Pending");
        V1ContainerStatus Waits(string name, string? message) => new() { Name = name, State = new() { Waiting = new() { Reason = "ContainerCreating", Message = message } } };
        pod.Status.ContainerStatuses = [Waits("compute", null), Waits("volumeroot", "pulling the image r/tiny:1 since 10:00:00Z")];
        LauncherPodState.Stuck(pod)!.Message.ShouldBe("pulling the image r/tiny:1 since 10:00:00Z");
        pod.Status.ContainerStatuses = [Waits("compute", null), Waits("volumeroot", null)];
        LauncherPodState.Stuck(pod).ShouldBeNull();
    }

    [Theory]
    [InlineData("Running", "ready", "True", "")]
    [InlineData("Scheduled", "ready", "False", "GuestNotRunning")]
    [InlineData("Running", "leaving", "False", "PodTerminating")]
    [InlineData("Pending", "none", "False", "PodNotExists")]
    public void Ready_follows_the_pod_while_the_guest_runs(string phase, string pod, string status, string reason)
    {
        var facts = Make.Facts(Make.Vmi(phase), Pod(pod));
        var ready = VmiDescription.Describe(facts, VmiPlanner.Decide(facts), null).Status!.Conditions.Get(ConditionTypes.Ready)!;

        ready.Status.ShouldBe(status);
        (ready.Reason ?? "").ShouldBe(reason);
    }

    [Fact]
    public void After_hand_over_what_virt_handler_writes_stays()
    {
        var facts = Make.Facts(
            Make.Vmi(VmiPhases.Running, change: v =>
            {
                v.Status!.Conditions = [Make.Condition("Synchronized", "False", "SyncFailed"), Make.Condition("AgentConnected", "True")];
                v.Status.Interfaces = [new() { Name = "default", IpAddress = "10.0.0.2" }];
            }),
            Make.Pod(ready: true));

        var status = VmiDescription.Describe(facts, VmiPlanner.Decide(facts), null).Status!;

        status.Conditions!.Select(c => c.Type).ShouldBe(["Synchronized", "AgentConnected", "Ready"]);
        status.Interfaces!.Single().IpAddress.ShouldBe("10.0.0.2");
    }

    [Theory]
    [InlineData("Running", "leaving", true)]
    [InlineData("Succeeded", "leaving", true)]
    [InlineData("Succeeded", "none", false)]
    [InlineData("Running", "none", false)]
    [InlineData("Pending", "none", false)]
    public void A_deleted_vmi_is_held_until_it_is_final_and_its_pod_is_gone(string phase, string pod, bool held)
    {
        var facts = Make.Facts(Make.Vmi(phase, deleting: true), Pod(pod));

        VmiDescription.Describe(facts, VmiPlanner.Decide(facts), null).Metadata.Finalizers.Contains(KubeVirtFinalizers.VmiForegroundDelete).ShouldBe(held);
    }

    [Fact]
    public void A_new_vmi_is_held()
    {
        var facts = Make.Facts(Make.Vmi(null, change: v => v.Metadata.Finalizers = null));

        VmiDescription.Describe(facts, VmiPlanner.Decide(facts), null).Metadata.Finalizers.ShouldBe([KubeVirtFinalizers.VmiForegroundDelete]);
    }

    private static V1Pod? Pod(string state)
    {
        if (state == "none") return null;
        var pod = state switch
        {
            "ready" => Make.Pod(ready: true),
            "leaving" => Make.Pod(ready: true, deleting: true),
            "ended" or "ended long ago" => Make.Pod("Failed"),
            _ => Make.Pod(),
        };
        if (state == "ended long ago") pod.Status.Conditions[0].LastTransitionTime = Make.Now - VmiPlanner.HandlerGrace;
        return pod;
    }
}

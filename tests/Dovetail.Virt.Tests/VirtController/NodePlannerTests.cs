using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController.Nodes;
using k8s.Models;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class NodePlannerTests
{
    [Fact]
    public void A_fresh_heartbeat_is_looked_at_again_before_it_can_be_stale()
    {
        var plan = Decide(age: TimeSpan.FromSeconds(270));

        plan.MarkUnschedulable.ShouldBeFalse();
        plan.RecheckAfter.ShouldBe(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_stale_heartbeat_takes_the_node_out_of_scheduling() => Decide(TimeSpan.FromMinutes(5)).MarkUnschedulable.ShouldBeTrue();

    [Fact]
    public void Guests_are_given_up_only_when_no_pod_vouches_for_them()
    {
        Lost(new GuestOnNode(Make.Vmi(VmiPhases.Running), Make.Pod(ready: true))).ShouldBeFalse();
        Lost(new GuestOnNode(Make.Vmi(VmiPhases.Running), null)).ShouldBeTrue();
        Lost(new GuestOnNode(Make.Vmi(VmiPhases.Running), Make.Pod("Failed"))).ShouldBeTrue();
        Lost(new GuestOnNode(Make.Vmi(VmiPhases.Succeeded), null)).ShouldBeFalse();

        var overdue = Make.Pod();
        overdue.Metadata.DeletionTimestamp = Make.Now.AddSeconds(-1);
        Lost(new GuestOnNode(Make.Vmi(VmiPhases.Running), overdue)).ShouldBeTrue();

        static bool Lost(GuestOnNode guest) => Decide(TimeSpan.FromMinutes(6), guest).Lost.Length == 1;
    }

    [Fact]
    public void A_node_without_a_virt_handler_is_no_concern_of_ours() =>
        NodePlanner.Decide(new(new V1Node { Metadata = new() { Name = "n" } }, [], Make.Now)).ShouldBe(new NodePlan(false, [], null));

    private static NodePlan Decide(TimeSpan age, params GuestOnNode[] guests) => NodePlanner.Decide(new(
        new V1Node
        {
            Metadata = new()
            {
                Name = "node-1",
                Labels = new Dictionary<string, string> { [KubeVirtLabels.Schedulable] = "true" },
                Annotations = new Dictionary<string, string> { [KubeVirtAnnotations.Heartbeat] = (Make.Now - age).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) },
            },
        },
        [.. guests],
        Make.Now));
}

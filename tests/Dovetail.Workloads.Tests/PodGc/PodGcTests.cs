using Dovetail.Runtime.Seam;

namespace Dovetail.Workloads.Tests.PodGc;

public sealed class PodGcTests
{
    private readonly SteppedWorld world = new();

    [Fact]
    public void Pods_of_a_node_that_is_gone_go_after_forty_seconds()
    {
        world.Register();
        world.Run("lost", SteppedWorld.Node);
        world.Pass(TimeSpan.FromSeconds(10));
        world.Delete(BuiltInTypes.Nodes, "", SteppedWorld.Node);
        world.Pass(TimeSpan.FromSeconds(38));
        world.Pod("lost").ShouldNotBeNull();
        world.Pass(TimeSpan.FromSeconds(5));
        world.Pod("lost").ShouldBeNull();
    }

    [Fact]
    public void Pods_of_a_node_that_registers_in_time_stay()
    {
        world.Run("early", SteppedWorld.Node);
        world.Pass(TimeSpan.FromSeconds(30));
        world.Register();
        world.Pass(TimeSpan.FromMinutes(2));
        world.Pod("early")!.Status.Phase.ShouldBe("Running");
    }

    [Fact]
    public void A_node_that_is_gone_a_second_time_gets_its_forty_seconds_anew()
    {
        world.Run("early", SteppedWorld.Node);
        world.Pass(TimeSpan.FromSeconds(30));
        world.Register();
        world.Pass(TimeSpan.FromSeconds(10));
        world.Delete(BuiltInTypes.Nodes, "", SteppedWorld.Node);
        world.Pass(TimeSpan.FromSeconds(30));
        world.Pod("early").ShouldNotBeNull();
    }

    [Fact]
    public void A_pod_that_is_deleted_before_it_was_placed_goes_at_once()
    {
        world.Run("waiting", node: null);
        world.Delete(BuiltInTypes.Pods, "default", "waiting");
        world.Pass(TimeSpan.FromSeconds(1));
        world.Pod("waiting").ShouldBeNull();
    }

    [Fact]
    public void A_pod_that_is_deleted_on_a_node_is_the_node_agents_business()
    {
        world.Register();
        world.Run("ending", SteppedWorld.Node);
        world.Delete(BuiltInTypes.Pods, "default", "ending");
        world.Pass(TimeSpan.FromMinutes(3));
        world.Pod("ending")!.Metadata.DeletionTimestamp.ShouldNotBeNull();
    }
}

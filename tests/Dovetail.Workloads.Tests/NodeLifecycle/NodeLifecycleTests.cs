using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Workloads.Tests.NodeLifecycle;

public sealed class NodeLifecycleTests
{
    private static readonly DateTime Whenever = new(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly SteppedWorld world = new();
    private DateTime shown = Whenever;

    [Fact]
    public void A_node_that_falls_silent_is_unknown_after_forty_seconds_and_its_pods_are_no_longer_ready()
    {
        world.Register();
        world.Run("here", SteppedWorld.Node);
        world.Run("elsewhere", node: null);
        world.Pass(TimeSpan.FromMinutes(1), Beat);
        world.Condition("Ready").ShouldBe("True");

        world.Pass(TimeSpan.FromSeconds(38));
        world.Condition("Ready").ShouldBe("True");
        world.Pass(TimeSpan.FromSeconds(5));
        world.Condition("Ready").ShouldBe("Unknown");
        world.Condition("MemoryPressure").ShouldBe("Unknown");
        var ready = world.Pod("here")!.Status.Conditions.Single(condition => condition.Type == "Ready");
        (ready.Status, ready.Reason).ShouldBe(("False", "NodeNotReady"));
        world.List(BuiltInTypes.Events).Count(told => told.Reason == "NodeNotReady" && told.InvolvedObject.Name == SteppedWorld.Node).ShouldBe(1);
    }

    [Fact]
    public void A_nodes_taints_follow_its_conditions_and_others_stay()
    {
        var node = new V1Node { Metadata = new V1ObjectMeta { Name = SteppedWorld.Node }, Spec = new V1NodeSpec { Taints = [Taint("node.kubernetes.io/not-ready"), Taint("mine"), Taint("node.kubernetes.io/not-ready", "NoExecute")] } };
        world.Create(BuiltInTypes.Nodes, node);
        world.SayReady();
        Taints().ShouldBe(["mine:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"]);

        world.Replace(BuiltInTypes.Nodes, "", SteppedWorld.Node, "", changed => changed.Spec.Unschedulable = true);
        world.SetStatus(BuiltInTypes.Nodes, "", SteppedWorld.Node, changed => changed.Status.Conditions.Add(new V1NodeCondition { Type = "DiskPressure", Status = "True" }));
        Taints().ShouldBe(["mine:NoSchedule", "node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/unschedulable:NoSchedule", "node.kubernetes.io/disk-pressure:NoSchedule"], ignoreOrder: true);

        world.Replace(BuiltInTypes.Nodes, "", SteppedWorld.Node, "", changed => changed.Spec.Unschedulable = null);
        world.SayReady();
        world.Pass(TimeSpan.FromSeconds(60));
        Taints().ShouldBe(["mine:NoSchedule", "node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"], ignoreOrder: true);
    }

    [Fact]
    public void A_node_whose_clock_is_decades_off_is_alive_as_long_as_its_lease_changes()
    {
        world.Register();
        world.Pass(TimeSpan.FromMinutes(5), Beat);
        world.Condition("Ready").ShouldBe("True");
    }

    [Fact]
    public void Our_own_clock_that_is_set_ahead_declares_no_node_dead()
    {
        world.Register();
        world.Pass(TimeSpan.FromMinutes(1), Beat);
        world.Clock.Error = TimeSpan.FromHours(1);
        world.Pass(TimeSpan.FromMinutes(1), Beat);
        world.Condition("Ready").ShouldBe("True");
    }

    [Fact]
    public void A_controller_that_has_just_started_gives_a_node_its_forty_seconds_anew()
    {
        world.Register();
        Beat();
        world.Pass(TimeSpan.FromSeconds(30));
        world.RestartControllers();
        world.Pass(TimeSpan.FromSeconds(35));
        world.Condition("Ready").ShouldBe("True");
        world.Pass(TimeSpan.FromSeconds(10));
        world.Condition("Ready").ShouldBe("Unknown");
    }

    [Fact]
    public void A_node_that_comes_back_is_left_alone()
    {
        world.Register();
        world.Pass(TimeSpan.FromMinutes(1));
        world.Condition("Ready").ShouldBe("Unknown");
        world.SayReady();
        world.Pass(TimeSpan.FromMinutes(2), Beat);
        world.Condition("Ready").ShouldBe("True");
    }

    private void Beat() => world.Beat(shown = shown.AddSeconds(1));

    private IEnumerable<string> Taints() => world.Find(BuiltInTypes.Nodes, "", SteppedWorld.Node)!.Spec.Taints.Select(taint => $"{taint.Key}:{taint.Effect}");

    private static V1Taint Taint(string key, string effect = "NoSchedule") => new() { Key = key, Effect = effect };
}

using Dovetail.Node.Pods;

namespace Dovetail.Node.Tests.Pods;

public sealed class PodPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly PodFacts New = new()
    {
        Wish = PodWish.Run, Sandbox = SandboxState.None, Images = ImagesState.Wanted, HasRun = false, EndReported = false, LauncherAnswers = false, StartedAt = null,
        Grace = TimeSpan.FromSeconds(30), TermSentAt = null, ImagesRetryAt = null, NodeBlocked = null, Now = Now,
    };

    [Fact]
    public void A_new_pod_gets_its_network_while_its_images_are_pulled() => Steps(New).ShouldBe("PullImages Prepare");

    [Fact]
    public void A_node_that_cannot_run_pods_lets_them_wait()
    {
        var plan = PodPlanner.Decide(New with { NodeBlocked = "no network" });
        plan.Steps.ShouldBeEmpty();
        plan.RecheckAt.ShouldNotBeNull();
    }

    [Fact]
    public void It_starts_only_when_every_image_is_there()
    {
        var prepared = New with { Sandbox = SandboxState.Prepared };
        Steps(prepared with { Images = ImagesState.Pulling }).ShouldBe("");
        Steps(prepared with { Images = ImagesState.Ready }).ShouldBe("Start");
    }

    [Fact]
    public void A_failed_pull_is_tried_again_when_its_time_has_come()
    {
        var retry = Now.AddSeconds(10);
        PodPlanner.Decide(New with { Sandbox = SandboxState.Prepared, Images = ImagesState.BackingOff, ImagesRetryAt = retry }).RecheckAt.ShouldBe(retry);
        Steps(New with { Sandbox = SandboxState.Prepared, Images = ImagesState.Wanted }).ShouldBe("PullImages");
    }

    [Fact]
    public void A_running_pod_without_a_sandbox_is_lost_and_never_started_a_second_time() => Steps(New with { HasRun = true }).ShouldBe("ReportLost");

    [Fact]
    public void An_ended_sandbox_is_kept_until_the_object_tells_how_it_ended()
    {
        var dead = New with { Sandbox = SandboxState.Dead, HasRun = true };
        Steps(dead).ShouldBe("");
        Steps(dead with { Wish = PodWish.Finished, EndReported = true }).ShouldBe("Remove");
    }

    [Fact]
    public void Deletion_asks_waits_for_the_grace_period_and_kills()
    {
        var live = New with { Wish = PodWish.Delete, Sandbox = SandboxState.Live };
        Steps(live).ShouldBe("Terminate");
        var asked = live with { TermSentAt = Now };
        Steps(asked).ShouldBe("");
        PodPlanner.Decide(asked).RecheckAt.ShouldBe(Now.AddSeconds(30));
        Steps(asked with { Now = Now.AddSeconds(30) }).ShouldBe("Kill");
        Steps(live with { Grace = TimeSpan.Zero }).ShouldBe("Kill");
    }

    [Fact]
    public void The_object_goes_after_everything_on_the_host()
    {
        Steps(New with { Wish = PodWish.Delete, Sandbox = SandboxState.Dead, EndReported = true }).ShouldBe("Remove");
        Steps(New with { Wish = PodWish.Delete, Sandbox = SandboxState.Prepared }).ShouldBe("Remove");
        Steps(New with { Wish = PodWish.Delete }).ShouldBe("ReleaseObject");
    }

    [Fact]
    public void Without_an_object_nothing_stays()
    {
        Steps(New with { Wish = PodWish.Gone, Sandbox = SandboxState.Live }).ShouldBe("Kill");
        Steps(New with { Wish = PodWish.Gone, Sandbox = SandboxState.Dead }).ShouldBe("Remove");
        Steps(New with { Wish = PodWish.Gone }).ShouldBe("");
    }

    [Fact]
    public void Every_combination_has_a_plan()
    {
        foreach (var wish in Enum.GetValues<PodWish>())
        foreach (var sandbox in Enum.GetValues<SandboxState>())
        foreach (var images in Enum.GetValues<ImagesState>())
        foreach (var flags in Enumerable.Range(0, 8))
            PodPlanner.Decide(New with { Wish = wish, Sandbox = sandbox, Images = images, HasRun = (flags & 1) > 0, EndReported = (flags & 2) > 0, LauncherAnswers = (flags & 4) > 0 }).ShouldNotBeNull();
    }

    private static string Steps(PodFacts facts) => string.Join(' ', PodPlanner.Decide(facts).Steps.Select(step => step.GetType().Name));
}

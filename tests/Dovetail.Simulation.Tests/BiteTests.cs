using Dovetail.Machinery.Endpoints;
using Dovetail.Simulation.Tests.Faults;

namespace Dovetail.Simulation.Tests;

/// <summary>The simulation is worth what it finds: each of these breaks one thing on purpose, and some seed among a few notices.</summary>
public sealed class BiteTests(ITestOutputHelper output)
{
    /// <summary>Several times as many as any of them takes: what a seed does changes with the code, and which one notices too.</summary>
    private const int EnoughSeeds = 400;

    [Fact]
    public void A_node_that_reports_a_pod_gone_before_its_guest_is_found_out() =>
        ShouldBeFound("while its guest is", new FaultyParts { PodGoneBeforeGuest = true });

    [Fact]
    public void A_virt_controller_that_writes_without_optimistic_concurrency_is_found_out() =>
        ShouldBeFound("the restart of VM", Broken("virt-controller", (api, _, time) => new BlindWrites(api, time)));

    [Fact]
    public void A_virt_controller_that_lets_a_VMI_go_before_its_guest_has_stopped_is_found_out() =>
        ShouldBeFound("is gone while its guest is", Broken("virt-controller", (api, _, _) => new HastyFinalizers(api)));

    [Fact]
    public void A_virt_controller_that_does_not_wait_for_the_pod_it_has_made_is_found_out() =>
        ShouldBeFound("nothing is wrong with its pod", Broken("virt-controller", (api, random, _) => new ForgottenCreations(api, random)));

    [Fact]
    public void A_cache_that_loses_an_event_is_found_out() =>
        ShouldBeFound("15 quiet minutes later", Broken("virt-controller", (api, random, _) => new SwallowedEvents(api, random)));

    private static FaultyParts Broken(string component, Func<IObjectApi, Random, TimeProvider, IObjectApi> part) =>
        new() { Between = (name, api, random, time) => name == component ? part(api, random, time) : api };

    /// <param name="symptom">What a seed has to say of it, so that nothing else is taken for it.</param>
    /// <param name="faulty">What is broken.</param>
    private void ShouldBeFound(string symptom, FaultyParts faulty)
    {
        Assert.SkipWhen(Seeds.Only is not null, "one seed is asked for");
        var found = Seeds.FirstFinding(EnoughSeeds, faulty, symptom);
        output.WriteLine(found ?? "nothing");
        found.ShouldNotBeNull($"{EnoughSeeds} seeds did not notice");
    }
}

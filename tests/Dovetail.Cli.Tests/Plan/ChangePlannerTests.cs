using System.Text.Json;
using System.Text.Json.Nodes;
using Dovetail.Api.KubeVirt;
using Dovetail.Cli.Plan;
using Dovetail.Virt;
using Dovetail.Virt.VirtController.VirtualMachines;

namespace Dovetail.Cli.Tests.Plan;

public sealed class ChangePlannerTests
{
    private const string Before = """{"metadata":{"name":"web","namespace":"demo","uid":"u","finalizers":["kubevirt.io/virtualMachineControllerFinalize"]},"spec":{"runStrategy":"Always","template":{"spec":{"domain":{"cpu":{"cores":2},"firmware":{"uuid":"a"},"devices":{}}}}}}""";

    [Theory]
    [InlineData("\"cores\":2", "\"cores\":4", "Restart spec.template.spec.domain.cpu.cores")]
    [InlineData("\"template\":{", "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},", "Restart spec.template.metadata.labels.a")]
    [InlineData("\"uid\":\"u\"", "\"uid\":\"u\",\"labels\":{\"a\":\"b\"}", "Live metadata.labels.a")]
    [InlineData("\"uuid\":\"a\"", "\"uuid\":\"b\"", "Live spec.template.spec.domain.firmware.uuid")]
    public void A_change_is_said_to_apply_at_another_time_than_virt_controller_has_it(string old, string now, string said) =>
        Lines(Decide(Before, Before.Replace(old, now, StringComparison.Ordinal), running: true)).ShouldBe([said]);

    [Fact]
    public void A_vm_without_a_guest_is_said_to_need_a_restart() =>
        Lines(Decide(Before, Before.Replace("\"cores\":2", "\"cores\":4", StringComparison.Ordinal), running: false)).ShouldBe(["NextStart spec.template.spec.domain.cpu.cores"]);

    [Fact]
    public void A_change_that_stops_the_guest_is_said_to_wait_for_a_restart()
    {
        var plan = Decide(Before, Before.Replace("Always", "Halted", StringComparison.Ordinal).Replace("\"cores\":2", "\"cores\":4", StringComparison.Ordinal), running: true);
        Lines(plan).ShouldBe(["Live spec.runStrategy", "NextStart spec.template.spec.domain.cpu.cores"]);
        plan.Changes[0].Message.ShouldBe("the guest is stopped at once");
        plan.Summary.ShouldBe("would change, and its guest is stopped; the next one has all of it.");
    }

    [Fact]
    public void A_change_back_to_what_the_guest_runs_with_is_said_to_need_a_restart()
    {
        var plan = Decide(Before.Replace("\"cores\":2", "\"cores\":4", StringComparison.Ordinal), Before, running: true, started: Before);
        plan.Summary.ShouldBe("would change back to what its guest was started with: no restart is due any more.");
        plan.Changes.ShouldHaveSingleItem().Message.ShouldBe("the running guest has this already");
    }

    [Fact]
    public void A_restart_that_is_due_already_is_hidden_by_a_file_without_changes() =>
        Decide(Before, Before, running: true, started: Before.Replace("\"cores\":2", "\"cores\":1", StringComparison.Ordinal)).Summary.ShouldBe("is as the file asks, but its guest waits for a restart to get an earlier change.");

    [Fact]
    public void What_a_new_vm_does_is_not_told() => Decide(null, Before, running: false).Changes.ShouldHaveSingleItem().Message.ShouldBe("a guest is started at once");

    [Theory]
    [InlineData("""{"message":"x","details":{"causes":[{"field":"spec.a","message":"no"},{"field":"spec.b","message":"neither"}]}}""", "Refused spec.a no", "Refused spec.b neither")]
    [InlineData("""{"message":"patch: Invalid value: \"{}\": strict decoding error: unknown field \"spec.a\", unknown field \"spec.b\"","details":{"causes":[{"field":"patch"}]}}""", "Refused spec.a unknown field", "Refused spec.b unknown field")]
    [InlineData("""{"message":"vms is forbidden"}""", "Refused  vms is forbidden")]
    public void A_field_that_is_refused_is_not_named(string status, params string[] said)
    {
        var facts = new PlanFacts("demo", "web", Json(Before), null, null, Json(status), DateTime.UnixEpoch);
        ChangePlanner.Decide(facts, Typed).Changes.Select(c => $"{c.Effect} {c.Field} {c.Message}").ShouldBe(said);
    }

    [Fact]
    public void A_field_that_was_taken_out_of_the_file_stays() =>
        PlanCommand.WithDeletions(Json("""{"spec":{"a":1,"b":{"c":1,"d":2}}}"""), Json("""{"spec":{"b":{"d":3}}}""")).ToJsonString().ShouldBe("""{"spec":{"b":{"d":3,"c":null},"a":null}}""");

    private static ChangePlan Decide(string? before, string after, bool running, string? started = null)
    {
        var vmi = running ? VmiFromVm.Render(Typed(Json(started ?? before!)), paused: false) : null;
        if (vmi is not null) vmi.Status = new() { Phase = VmiPhases.Running };
        return ChangePlanner.Decide(new("demo", "web", before is null ? null : Json(before), Json(after), vmi, null, DateTime.UnixEpoch), Typed);
    }

    private static IEnumerable<string> Lines(ChangePlan plan) => plan.Changes.Select(change => $"{change.Effect} {change.Field}");

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;

    private static VirtualMachine Typed(JsonObject json) => json.Deserialize(KubeVirtTypes.VirtualMachines.Json)!;
}

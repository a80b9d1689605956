using System.Text.Json.Nodes;
using Dovetail.EndToEnd.Tests.Platform;

namespace Dovetail.EndToEnd.Tests;

/// <summary>What a run says where guests do not start: the cause, soon. These need no platform.</summary>
public sealed class FailureTextTests
{
    private const string Refused = """
        {"metadata":{"name":"web"},"status":{"printableStatus":"Stopped","conditions":[
          {"type":"Ready","status":"False","reason":"VMINotExists","message":"VMI does not exist"},
          {"type":"Failure","status":"True","reason":"FailedCreate","message":"Error creating virtual machine instance: maximum is too large"}]}}
        """;

    private const string Events = """{"items":[{"type":"Warning","reason":"FailedCreate","message":"refused by its schema","involvedObject":{"kind":"VirtualMachine","name":"web"}}]}""";

    [Fact]
    public void A_refused_creation_is_found_and_told_with_conditions_and_events()
    {
        var story = new GuestStory(JsonNode.Parse(Refused), null, null, JsonNode.Parse(Events));
        story.FailedCreate.ShouldBe("Error creating virtual machine instance: maximum is too large");
        story.ToString().ShouldBe("""
            vm web: Stopped
              Ready=False VMINotExists: VMI does not exist
              Failure=True FailedCreate: Error creating virtual machine instance: maximum is too large
            vmi: none
            event VirtualMachine/web Warning FailedCreate: refused by its schema

            """);
    }

    [Fact]
    public void A_machine_that_is_not_there_has_a_story_too() =>
        new GuestStory(null, null, null, null).ToString().ShouldBe("vm: none\nvmi: none\n");

    [Fact]
    public async Task What_was_waited_for_in_vain_is_told_with_the_reason() =>
        (await Should.ThrowAsync<Xunit.Sdk.FailException>(() => Eventually.BeTrueAsync("it runs", () => Task.FromResult(false), TestContext.Current.CancellationToken, seconds: 0, () => Task.FromResult("no memory"))))
            .Message.ShouldBe("not within 0 s: it runs\nno memory");

    [Fact]
    public void The_first_guest_that_does_not_start_takes_the_hope_of_the_others()
    {
        var guests = new GuestRecord();
        guests.Hopeless.ShouldBeNull();
        guests.Failed("no memory");
        guests.Hopeless.ShouldBe("no memory");
    }

    [Fact]
    public void Where_guests_have_run_one_that_does_not_start_leaves_hope_and_three_in_a_row_do_not()
    {
        var guests = new GuestRecord();
        guests.Ran();
        guests.Failed("first");
        guests.Failed("second");
        guests.Hopeless.ShouldBeNull();
        guests.Ran();
        guests.Failed("third");
        guests.Failed("fourth");
        guests.Hopeless.ShouldBeNull();
        guests.Failed("fifth");
        guests.Hopeless.ShouldBe("fifth");
    }
}

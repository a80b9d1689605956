namespace Dovetail.Cli.Tests.Crash;

/// <summary>The judge notices what it is there for.</summary>
public sealed class CrashJudgeTests
{
    private static readonly Told[] Truth = [new("x/a", 5, "1-1"), new("x/a", 6, "1-2"), new("x/a", 8, ""), new("x/a", 9, "2-1")];

    [Fact]
    public void What_fits_the_servers_order_is_no_fault() => Faults(
        new Call(1, "create", "x/a", 1, 2, Ended.Done, 0, "1-1", 5),
        new Call(1, "update", "x/a", 3, 4, Ended.Unknown, 5, "1-2", 0),
        new Call(2, "get", "x/a", 5, 6, Ended.Absent, 0, "", 0),
        new Call(2, "create", "x/a", 7, 8, Ended.Done, 0, "2-1", 9)).ShouldBeEmpty();

    [Fact]
    public void A_lost_write_is_noticed() => Faults(new Call(1, "update", "x/a", 1, 2, Ended.Done, 6, "1-3", 7)).ShouldHaveSingleItem().ShouldStartWith("acknowledged and lost");

    [Fact]
    public void A_refused_write_that_happened_is_noticed() => Faults(new Call(1, "update", "x/a", 1, 2, Ended.Refused, 5, "1-2", 0)).ShouldHaveSingleItem().ShouldStartWith("refused and done");

    [Fact]
    public void A_write_over_another_revision_than_it_demanded_is_noticed() => Faults(new Call(1, "update", "x/a", 1, 2, Ended.Done, 4, "1-2", 6)).ShouldHaveSingleItem().ShouldStartWith("wrote over revision 5");

    [Fact]
    public void A_read_of_what_was_over_is_noticed() => Faults(
        new Call(1, "update", "x/a", 1, 2, Ended.Done, 5, "1-2", 6),
        new Call(2, "get", "x/a", 3, 4, Ended.Done, 0, "1-1", 5)).ShouldHaveSingleItem().ShouldStartWith("read, though revision 6 was known");

    [Fact]
    public void A_later_write_with_an_older_revision_is_noticed() => Faults(
        new Call(1, "create", "x/a", 1, 2, Ended.Done, 0, "2-1", 9),
        new Call(2, "create", "x/a", 3, 4, Ended.Done, 0, "1-1", 5)).ShouldContain(fault => fault.Contains("was acknowledged before it began"));

    [Theory]
    [InlineData("5 6 8", "")]
    [InlineData("6 8 9", "")]
    [InlineData("5 8", "watch 7: event 1")]
    [InlineData("5 6 6 8", "watch 7: event 2")]
    [InlineData("6 5 8", "watch 7: event 1")]
    public void A_gap_a_repeat_and_a_wrong_order_of_a_watch_are_noticed(string revisions, string fault)
    {
        var record = new CrashRecord();
        record.Watches[7] = new(revisions.Split(' ').Select(revision => Truth.Single(told => told.Revision == long.Parse(revision))));
        var faults = CrashJudge.Judge(record, Truth);
        if (fault.Length == 0) faults.ShouldBeEmpty();
        else faults.ShouldHaveSingleItem().ShouldStartWith(fault);
    }

    [Fact]
    public void A_list_that_mixes_revisions_is_noticed()
    {
        var record = new CrashRecord();
        record.Lists.Enqueue(new(6, new Dictionary<string, long> { ["x/a"] = 5 }, "x"));
        CrashJudge.Judge(record, Truth).ShouldHaveSingleItem().ShouldBe("the list at revision 6 shows x/a at 5, it was at 6");
    }

    private static IReadOnlyList<string> Faults(params Call[] calls)
    {
        var record = new CrashRecord();
        foreach (var call in calls) record.Calls.Enqueue(call);
        return CrashJudge.Judge(record, Truth);
    }
}

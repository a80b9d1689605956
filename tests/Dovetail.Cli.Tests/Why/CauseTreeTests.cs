using Dovetail.Cli.Platform;
using Dovetail.Cli.Why;

namespace Dovetail.Cli.Tests.Why;

public sealed class CauseTreeTests
{
    [Fact]
    public void The_lines_of_a_tree_run_into_each_other() =>
        CauseTree.Render(Cause.Blocked("A", "X", "waits.", null, [Cause.Blocked("B", "Y", "is not there.", "make it"), Cause.Note("C", "Z", "is slow.")])).ShouldBe(
            """
            A: waits.
            ├─ B: is not there.
            │     → make it
            └─ C: is slow.

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void A_deep_cause_does_not_decide_the_exit_code() => WhyCommand.ExitCode(Cause.AsAsked("A", "X", "runs.", null, [Cause.Note("B", "Y", "is slow."), Cause.Waits("C", "Z", "moves.")])).ShouldBe(3);

    [Fact]
    public void An_unknown_kind_is_guessed_at() => Should.Throw<UserErrorException>(() => WhyCommand.KindOf("deployment")).NextStep.ShouldContain("vm, vmi, pod, node");
}

using System.Text;
using Dovetail.Api.KubeVirt;
using Dovetail.Virt.VirtController;

namespace Dovetail.Virt.Tests.VirtController;

public sealed class MergeDiffTests
{
    [Fact]
    public void Only_what_changes_is_written_and_only_at_the_revision_that_was_seen()
    {
        var before = Make.Vmi(VmiPhases.Running, change: v => v.Status!.ActivePods = new Dictionary<string, string> { ["p"] = "n" });
        var after = Make.Vmi(VmiPhases.Failed, change: v => v.Status!.Reason = "NodeUnresponsive");

        Encoding.UTF8.GetString(MergeDiff.Between(KubeVirtTypes.VirtualMachineInstances, before, after)!.Value.Span)
            .ShouldBe("""{"status":{"phase":"Failed","reason":"NodeUnresponsive","activePods":null},"metadata":{"resourceVersion":"9"}}""");
    }

    [Fact]
    public void Nothing_is_written_when_nothing_changes() =>
        MergeDiff.Between(KubeVirtTypes.VirtualMachineInstances, Make.Vmi(VmiPhases.Running), Make.Vmi(VmiPhases.Running)).ShouldBeNull();
}

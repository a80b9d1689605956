using System.Text;
using System.Text.Json;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;
using Dovetail.Virt.VirtHandler;
using Dovetail.Virt.VirtHandler.Status;
using LauncherResources = Dovetail.Virt.VirtController.VirtualMachineInstances.LauncherResources;

namespace Dovetail.Virt.Tests.VirtHandler;

public sealed class VmiPlannerTests
{
    private static readonly DateTime Now = new(2026, 11, 23, 14, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void A_handed_over_VMI_whose_sandbox_has_no_guest_yet_is_started()
    {
        var plan = VmiPlanner.Decide(Facts(VmiPhases.Scheduled, new() { State = DomainState.Absent }));
        plan.Phase.ShouldBe(VmiPhases.Scheduled);
        plan.Steps.ShouldBe([new VmiStep.StartGuest()]);
    }

    [Fact]
    public void A_running_guest_makes_its_VMI_Running_and_is_announced_once()
    {
        var guest = new DomainStatus { State = DomainState.Running };
        var first = VmiPlanner.Decide(Facts(VmiPhases.Scheduled, guest));
        first.Phase.ShouldBe(VmiPhases.Running);
        first.Notices.Select(n => n.Reason).ShouldBe(["Created", "Started"]);
        VmiPlanner.Decide(Facts(VmiPhases.Running, guest)).Notices.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(5, null, false)]
    [InlineData(20, null, true)]
    [InlineData(60, 5, false)]
    [InlineData(60, 16, true)]
    public void A_guest_whose_disk_could_not_be_written_is_resumed_every_fifteen_seconds(int pausedFor, int? resumedBefore, bool resumes)
    {
        var facts = Facts(VmiPhases.Running, new() { State = DomainState.Paused, PauseReason = PauseReason.IoError }) with { ResumedAt = resumedBefore is { } ago ? Now.AddSeconds(-ago) : null };
        facts.Vmi.Status!.Conditions = [new() { Type = ConditionTypes.Paused, Status = "True", LastTransitionTime = Now.AddSeconds(-pausedFor) }];
        var plan = VmiPlanner.Decide(facts);
        plan.Steps.ShouldBe(resumes ? [new VmiStep.ResumeGuest()] : []);
        plan.RecheckAfter.ShouldNotBeNull();
    }

    [Fact]
    public void A_guest_that_its_user_paused_stays_so()
    {
        var facts = Facts(VmiPhases.Running, new() { State = DomainState.Paused, PauseReason = PauseReason.User });
        VmiPlanner.Decide(facts).Steps.ShouldBeEmpty();
    }

    [Fact]
    public void A_deleted_VMI_is_stopped_with_its_grace_period()
    {
        var facts = Facts(VmiPhases.Running, new() { State = DomainState.Running });
        facts.Vmi.Metadata.DeletionTimestamp = Now;
        facts.Vmi.Spec!.TerminationGracePeriodSeconds = 7;
        VmiPlanner.Decide(facts).Steps.ShouldBe([new VmiStep.StopGuest(7)]);
    }

    [Fact]
    public void A_deleted_VMI_whose_guest_was_never_started_is_not_started()
    {
        var facts = Facts(VmiPhases.Scheduled, new() { State = DomainState.Absent });
        facts.Vmi.Metadata.DeletionTimestamp = Now;
        VmiPlanner.Decide(facts).Steps.ShouldBe([new VmiStep.StopGuest(0)]);
    }

    [Theory]
    [InlineData(EndReason.Shutdown, true, VmiPhases.Succeeded)]
    [InlineData(EndReason.Destroyed, true, VmiPhases.Failed)]
    [InlineData(EndReason.Destroyed, false, VmiPhases.Succeeded)]
    [InlineData(EndReason.Crashed, true, VmiPhases.Failed)]
    public void How_a_guest_ended_decides_the_final_phase(EndReason how, bool hasAcpi, string phase)
    {
        var facts = Facts(VmiPhases.Running, new() { State = DomainState.Ended, EndReason = how });
        facts.Vmi.Spec!.Domain!.Features = new() { Acpi = new() { Enabled = hasAcpi } };
        VmiPlanner.Decide(facts).Phase.ShouldBe(phase);
        VmiPlanner.Decide(facts with { Guest = null, SandboxIsGone = true, Record = new() { Domain = "d", State = DomainState.Ended, EndReason = how } }).Phase.ShouldBe(phase, "a record counts as the launcher's word");
    }

    [Fact]
    public void A_guest_that_cannot_start_fails_its_VMI_with_the_launchers_reason()
    {
        var facts = Facts(VmiPhases.Scheduled, new() { State = DomainState.Failed, FailureReason = "ImageCorrupt", Message = "push it again" });
        var plan = VmiPlanner.Decide(facts);
        (plan.Phase, plan.Reason).ShouldBe((VmiPhases.Failed, "ImageCorrupt"));
        var status = VmiStatusWriter.Desired(facts, plan, facts.Vmi.Status!);
        status.Conditions!.Single(c => c.Type == ConditionTypes.Synchronized).Message.ShouldBe("ImageCorrupt: push it again");
    }

    [Fact]
    public void A_launcher_out_of_sight_is_waited_for_until_its_sandbox_is_known_to_be_gone()
    {
        var waiting = VmiPlanner.Decide(Facts(VmiPhases.Running, null));
        (waiting.Phase, waiting.RecheckAfter).ShouldBe((VmiPhases.Running, TimeSpan.FromSeconds(1)));
        var gone = VmiPlanner.Decide(Facts(VmiPhases.Running, null) with { SandboxIsGone = true });
        (gone.Phase, gone.Reason).ShouldBe((VmiPhases.Failed, "SandboxEnded"));
    }

    [Fact]
    public void A_running_guest_whose_network_cannot_be_made_is_tried_again_soon()
    {
        var guest = new DomainStatus { State = DomainState.Running };
        VmiPlanner.Decide(Facts(VmiPhases.Running, guest)).RecheckAfter.ShouldBeNull();
        VmiPlanner.Decide(Facts(VmiPhases.Running, guest) with { Problem = new("NetworkFailed", "ip failed") }).RecheckAfter.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void The_sandbox_of_a_final_VMI_is_released() =>
        VmiPlanner.Decide(Facts(VmiPhases.Succeeded, new() { State = DomainState.Ended })).Steps.ShouldBe([new VmiStep.ReleaseSandbox()]);

    [Fact]
    public void The_status_patch_tests_what_others_write_and_is_absent_when_nothing_changes()
    {
        var guest = new DomainStatus
        {
            State = DomainState.Running, MachineType = "pc-q35-7.2", AgentConnected = true,
            Guest = new() { Hostname = "vm", OsId = "debian", Interfaces = [new("eth0", "02:ab:00:00:00:01", ["10.0.2.2"]), new("docker0", "02:42:00:00:00:01", ["172.17.0.1"])] },
        };
        var facts = Facts(VmiPhases.Scheduled, guest) with { PodAddresses = [System.Net.IPAddress.Parse("10.244.0.7")] };
        facts.Vmi.Status!.Conditions = [new() { Type = "Ready", Status = "True" }];
        facts.Vmi.Spec!.Domain!.Devices!.Interfaces = [new() { Name = "default", MacAddress = "02:ab:00:00:00:01", Masquerade = new() }];
        var plan = VmiPlanner.Decide(facts);

        var patch = Encoding.UTF8.GetString(VmiStatusWriter.Patch(facts, plan)!.Value.Span);

        patch.ShouldStartWith("""[{"op":"test","path":"/status/phase","value":"Scheduled"},{"op":"test","path":"/status/conditions","value":[{"status":"True","type":"Ready"}]}""", Case.Sensitive);
        var status = VmiStatusWriter.Desired(facts, plan, facts.Vmi.Status);
        status.Interfaces!.Select(i => (i.Name, i.IpAddress, i.InterfaceName, i.InfoSource)).ShouldBe([("default", "10.244.0.7", "eth0", "domain, guest-agent"), (null, "172.17.0.1", "docker0", "guest-agent")]);
        status.Conditions!.Select(c => c.Type).ShouldBe(["Ready", "AgentConnected", "LiveMigratable", "SoftwareEmulation"]);
        (status.Memory!.GuestAtBoot!.ToString(), status.Memory.MemoryOverhead!.ToDecimal()).ShouldBe(("128Mi", LauncherResources.MemoryOverhead(facts.Vmi.Spec)), "the pod's own number");
        facts.Vmi.Status = status;
        VmiStatusWriter.Patch(facts with { Now = Now.AddMinutes(1) }, VmiPlanner.Decide(facts)).ShouldBeNull();
    }

    private static VmiFacts Facts(string phase, DomainStatus? guest) => new()
    {
        Vmi = JsonSerializer.Deserialize($$$"""
            {"metadata":{"name":"vm","namespace":"demo","uid":"u1"},"spec":{"domain":{"memory":{"guest":"128Mi"},"devices":{} } },"status":{"phase":"{{{phase}}}","activePods":{"p1":"node"} } }
            """, KubeVirtTypes.VirtualMachineInstances.Json)!,
        Guest = guest, UseKvm = false, Now = Now,
    };
}

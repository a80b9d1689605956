using Dovetail.Node.Images;
using Dovetail.Node.Pods;
using Dovetail.Runtime.Seam;
using k8s.Models;

namespace Dovetail.Node.Tests.Pods;

public sealed class PodStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly SandboxRecord Record = new()
    {
        PodUid = Guid.Empty.ToString(), Namespace = "demo", Name = "p", Uid = 1, Netns = "n", BootId = "b", Phase = SandboxPhase.Running, PodIps = ["10.244.1.2"],
        StartedAt = Now, LauncherAnsweredAt = Now, Disks = [new BoundDisk("volumeboot", "r/tiny:1", "sha256:1", "/x", "/y")],
    };

    [Fact]
    public void Ready_waits_for_the_launcher_and_for_every_readiness_gate()
    {
        var pod = Pod();
        pod.Spec.ReadinessGates = [new V1PodReadinessGate { ConditionType = "kubevirt.io/virtual-machine-unpaused" }];
        Of(Render(pod, SandboxState.Live, Record with { LauncherAnsweredAt = null }), "Ready").ShouldBe("False ContainersNotReady");
        var gated = Render(pod, SandboxState.Live, Record);
        Of(gated, "ContainersReady").ShouldBe("True ");
        Of(gated, "Ready").ShouldBe("False ReadinessGatesNotReady");
        pod.Status = gated with { Conditions = [.. gated.Conditions, new V1PodCondition { Type = "kubevirt.io/virtual-machine-unpaused", Status = "True" }] };
        Of(Render(pod, SandboxState.Live, Record), "Ready").ShouldBe("True ");
    }

    [Fact]
    public void Rendering_again_changes_nothing()
    {
        var pod = Pod();
        pod.Status = Render(pod, SandboxState.Live, Record);
        var again = Render(pod, SandboxState.Live, Record, Now.AddHours(1));
        Text(pod, again).ShouldBe(Text(pod, pod.Status));
    }

    [Fact]
    public void Empty_defaults_of_the_server_are_no_difference()
    {
        var pod = Pod();
        pod.Status = Render(pod, SandboxState.Live, Record);
        var defaulted = Runtime.Seam.BuiltInTypes.Pods.Copy(pod);
        foreach (var container in defaulted.Status.ContainerStatuses) container.LastState = new V1ContainerState();
        SameContent.Of(pod, defaulted, Runtime.Seam.BuiltInTypes.Pods.Json).ShouldBeTrue();
        defaulted.Status.Phase = "Failed";
        SameContent.Of(pod, defaulted, Runtime.Seam.BuiltInTypes.Pods.Json).ShouldBeFalse();
    }

    [Fact]
    public void A_failed_pull_is_an_error_first_and_a_back_off_then()
    {
        var failure = new ImagePullException(PullFailure.NotFound, "it is not there");
        Waiting(failure, failures: 1).ShouldBe("ErrImagePull it is not there: check the name and the tag, or push the image");
        Waiting(failure, failures: 2).ShouldStartWith("ImagePullBackOff Back-off pulling image \"r/tiny:1\"");
        Waiting(new ImagePullException(PullFailure.InvalidName, "no name"), failures: 1).ShouldStartWith("InvalidImageName");
    }

    [Fact]
    public void A_pull_that_takes_long_is_told_and_a_short_one_is_not()
    {
        var pod = Pod();
        var pull = new PullState(LauncherPod.Disks(pod)[0], new TaskCompletionSource<ImageDisk>().Task, null, null, 0, null) { Since = Now };
        var facts = Facts(SandboxState.Prepared, Record with { Phase = SandboxPhase.Preparing }) with { Pulls = [pull] };
        string? Told(double seconds) => PodStatusRenderer.Render(pod, facts with { Now = Now.AddSeconds(seconds) }).ContainerStatuses[1].State.Waiting.Message;
        Told(1).ShouldBeNull();
        Told(5).ShouldBe("pulling the image r/tiny:1 since 00:00:00Z");
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(5, 160)]
    [InlineData(6, 300)]
    [InlineData(60, 300)]
    public void Pulls_back_off_from_ten_seconds_to_five_minutes(int failures, int seconds) => ImagePulls.Backoff(failures).TotalSeconds.ShouldBe(seconds);

    [Fact]
    public void An_ended_sandbox_tells_its_exit_code()
    {
        var ended = Record with { Phase = SandboxPhase.Ended, EndedAt = Now, ExitCode = 3, EndReason = "Error" };
        var status = Render(Pod(), SandboxState.Dead, ended);
        status.Phase.ShouldBe("Failed");
        status.ContainerStatuses[0].State.Terminated.ExitCode.ShouldBe(3);
        Render(Pod(), SandboxState.Dead, ended with { ExitCode = 0, EndReason = "" }).Phase.ShouldBe("Succeeded");
    }

    [Fact]
    public void Trouble_of_the_node_is_told_where_the_user_looks()
    {
        var status = PodStatusRenderer.Render(Pod(), Facts(SandboxState.None, null) with { Trouble = "network: the subnet is taken" });
        status.Message.ShouldBe("network: the subnet is taken");
        status.ContainerStatuses[0].State.Waiting.Message.ShouldBe("network: the subnet is taken");
    }

    [Fact]
    public void Limits_leave_room_for_emulation_where_the_pod_sets_none()
    {
        var pod = Pod();
        pod.Spec.Containers[0].Resources = new() { Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new("1Gi"), ["cpu"] = new("250m") } };
        var limits = LauncherPod.Limits(pod, pod.Spec.Containers[0], kvm: false);
        (limits.MemoryBytes, limits.CpuRequestMillis, limits.CpuLimitMillis).ShouldBe((2L << 30, 250, null));
        pod.Spec.Containers[0].Resources.Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("1Gi"), ["cpu"] = new("2") };
        limits = LauncherPod.Limits(pod, pod.Spec.Containers[0], kvm: false);
        (limits.MemoryBytes, limits.CpuLimitMillis).ShouldBe((1L << 30, 2000L));
    }

    [Fact]
    public void Limits_are_written_as_each_cgroup_version_wants_them()
    {
        var limits = new Dovetail.Node.Sandbox.CgroupLimits { MemoryBytes = 1 << 30, CpuRequestMillis = 1000, CpuLimitMillis = 1500, MaxTasks = 9 };
        Lines(Dovetail.Node.Sandbox.Cgroups.WritesV1(limits)).ShouldBe("memory.limit_in_bytes=1073741824 cpu.shares=1024 cpu.cfs_period_us=100000 cpu.cfs_quota_us=150000 pids.max=9");
        Lines(Dovetail.Node.Sandbox.Cgroups.WritesV2(limits)).ShouldBe("memory.max=1073741824 cpu.weight=39 cpu.max=150000 100000 pids.max=9");
        static string Lines(IEnumerable<Dovetail.Node.Sandbox.CgroupWrite> writes) => string.Join(' ', writes.Select(w => $"{w.File}={w.Value}"));
    }

    [Fact]
    public void Disks_are_bound_at_the_index_that_their_container_names()
    {
        var pod = Pod();
        pod.Spec.Containers[1].Args = ["--copy-path", "/var/run/kubevirt/container-disks/disk_7", "--image-path", "/custom/x.img"];
        var disk = LauncherPod.Disks(pod).ShouldHaveSingleItem();
        (disk.InsidePath, disk.Path, disk.PullPolicy).ShouldBe(("/var/run/kubevirt/container-disks/disk_7.img", "/custom/x.img", "IfNotPresent"));
    }

    [Fact]
    public void Pull_secrets_are_refused_by_name()
    {
        var pod = Pod();
        pod.Spec.ImagePullSecrets = [new V1LocalObjectReference { Name = "s" }];
        LauncherPod.Refusal(pod)!.ShouldContain("spec.imagePullSecrets");
    }

    private static string Waiting(ImagePullException failure, int failures)
    {
        var pod = Pod();
        var pull = new PullState(LauncherPod.Disks(pod)[0], null, null, failure, failures, Now.AddSeconds(20));
        var state = PodStatusRenderer.Render(pod, Facts(SandboxState.Prepared, Record with { Phase = SandboxPhase.Preparing }) with { Pulls = [pull] }).ContainerStatuses[1].State.Waiting;
        return $"{state.Reason} {state.Message}";
    }

    private static V1Pod Pod() => new()
    {
        ApiVersion = "v1", Kind = "Pod", Metadata = new V1ObjectMeta { Name = "p", NamespaceProperty = "demo", Uid = Guid.Empty.ToString() },
        Spec = new V1PodSpec { RuntimeClassName = LauncherPod.RuntimeClass, Containers = [new V1Container { Name = "compute" }, new V1Container { Name = "volumeboot", Image = "r/tiny:1" }] },
    };

    private static PodStatusFacts Facts(SandboxState sandbox, SandboxRecord? record) => new() { Sandbox = sandbox, Record = record, Pulls = [], HostIp = "192.0.2.2", Trouble = null, Now = Now };

    private static V1PodStatus Render(V1Pod pod, SandboxState sandbox, SandboxRecord? record, DateTimeOffset? now = null) =>
        PodStatusRenderer.Render(pod, Facts(sandbox, record) with { Now = now ?? Now });

    private static string Of(V1PodStatus status, string condition)
    {
        var found = status.Conditions.Single(c => c.Type == condition);
        return $"{found.Status} {found.Reason}";
    }

    private static string Text(V1Pod pod, V1PodStatus status) =>
        System.Text.Json.JsonSerializer.Serialize(new V1Pod { Spec = pod.Spec, Metadata = pod.Metadata, Status = status }, Runtime.Seam.BuiltInTypes.Pods.Json);
}
